"""A CSV in the shape of UCI's Online Retail: invoice lines, cancellations, customers that are not known."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

FIRST_DAY, DAYS = datetime(2010, 12, 1), 374
# Most of the shop's invoices go to its own country.
COUNTRIES = {"United Kingdom": 0.7, "Germany": 0.1, "France": 0.1, "EIRE": 0.06, "Netherlands": 0.04}
CANCELLED, UNKNOWN_CUSTOMER, REPEATED = 0.02, 0.25, 0.01


def write_online_retail(path: Path, rows: int, seed: int) -> None:
    """Writes ``rows`` invoice lines in order of time, as the real file has them.

    The shop is closed on Saturdays, sells more before Christmas and on some weekdays; prices end in pence.
    Cancellations have an invoice number that begins with C and a negative quantity; some lines stand there
    twice; some have no CustomerID. Descriptions hold commas and quotes.
    """
    draws = np.random.default_rng(seed)
    invoices = max(1, rows // 12)
    days = np.arange(DAYS)
    weekday = (days + FIRST_DAY.weekday()) % 7
    weight = np.array([1.0, 1.1, 1.1, 1.3, 1.0, 0.0, 0.5])[weekday] * (1 + (days % 365 > 290))
    day = np.sort(draws.choice(days, size=invoices, p=weight / weight.sum()))
    minute = draws.integers(8 * 60, 18 * 60, size=invoices)
    order = np.lexsort((minute, day))
    times = [_written(FIRST_DAY + timedelta(days=int(day[i]), minutes=int(minute[i]))) for i in order]
    invoice = np.sort(draws.integers(invoices, size=rows))
    cancelled = draws.random(invoices) < CANCELLED
    product = draws.integers(500, size=rows)
    customer = 12_346 + draws.integers(4_000, size=invoices)
    known = draws.random(invoices) >= UNKNOWN_CUSTOMER
    country = draws.choice(list(COUNTRIES), size=invoices, p=list(COUNTRIES.values()))
    quantity = draws.integers(1, 25, size=rows) * np.where(cancelled[invoice], -1, 1)
    # A line that stands there twice follows the line that it repeats.
    repeats = np.flatnonzero((draws.random(rows) < REPEATED) & (np.diff(invoice, prepend=-1) == 0))
    product[repeats], quantity[repeats] = product[repeats - 1], quantity[repeats - 1]
    table = pa.table(
        {
            "InvoiceNo": [f"{'C' if cancelled[i] else ''}{536_365 + i}" for i in invoice],
            "StockCode": [f"{10_002 + p}{'' if p % 3 else 'B'}" for p in product],
            "Description": [f'LANTERN, "SIZE {p % 7}", NO. {p}' for p in product],
            "Quantity": quantity,
            "InvoiceDate": [times[i] for i in invoice],
            "UnitPrice": np.round(0.39 + (product * 37 % 1_200) / 100, 2),
            "CustomerID": [str(customer[i]) if known[i] else None for i in invoice],
            "Country": [str(country[i]) for i in invoice],
        }
    )
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    pyarrow.csv.write_csv(table, path, options)


def _written(time: datetime) -> str:
    return f"{time.month}/{time.day}/{time.year} {time.hour}:{time.minute:02}"
