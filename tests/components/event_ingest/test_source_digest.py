"""Tests of components/event_ingest/source_digest.py and columns.py."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.event_ingest.columns import resolve_columns
from components.event_ingest.config import EventIngestConfig, SourceConfig
from components.event_ingest.source_digest import (
    check_source,
    source_digest,
    source_files,
    with_source_digest,
)
from noria.elsewhere import files_elsewhere
from noria.errors import ConfigError, DataError
from noria.typed_config import parse_config

_CSV = "time,shop,sales\n2020-01-01,a,1\n"


def _source(path: Path | str, **settings: str) -> SourceConfig:
    return SourceConfig.model_validate({"path": str(path), **settings})


def test_content_counts_and_neither_time_nor_name_does(make_config, tmp_path: Path) -> None:
    config = make_config(_CSV)
    before = source_digest(config)
    os.utime(tmp_path / "events.csv", (1, 1))
    assert source_digest(config) == before
    assert with_source_digest(config).source_digest == before
    (tmp_path / "events.csv").rename(tmp_path / "moved.csv")
    moved = config.with_path(tmp_path / "moved.csv")
    assert source_digest(moved) == before
    (tmp_path / "moved.csv").write_text(_CSV + "2020-01-02,a,1\n")
    assert source_digest(moved) != before


def test_a_joined_table_counts_too(make_config, tmp_path: Path) -> None:
    (tmp_path / "shops.csv").write_text("shop,town\na,x\n")
    join = {"path": str(tmp_path / "shops.csv"), "left_on": "shop", "columns": ["town"]}
    config = make_config(_CSV, joins=[join])
    before = source_digest(config)
    assert before != source_digest(make_config(_CSV))
    (tmp_path / "shops.csv").write_text("shop,town\na,y\n")
    assert source_digest(config) != before


def test_a_source_on_a_volume_is_not_looked_at(make_config) -> None:
    config = make_config(_CSV).with_path("/volume/events.csv")
    with files_elsewhere(["/volume"]) as elsewhere:
        assert source_digest(config) == ""
        check_source(config)
    assert Path("/volume/events.csv") in elsewhere.asked
    with pytest.raises(DataError, match="no such file"):
        check_source(config)


def test_folders_and_patterns(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv.gz", "c.parquet", "notes.txt", "_log.csv", ".hidden.csv"):
        (tmp_path / name).write_text("x")
    names = [file.name for file in source_files(_source(tmp_path))]
    assert names == ["a.csv.gz", "b.csv", "c.parquet"]
    assert [file.name for file in source_files(_source(tmp_path / "*.csv*"))] == ["a.csv.gz", "b.csv"]


def test_relative_paths_count_from_the_working_folder(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("x")
    assert source_files(_source("a.csv")) == [tmp_path / "a.csv"]
    assert source_files(_source("*.csv")) == [tmp_path / "a.csv"]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"source\.path is empty"):
        source_files(_source(""))
    with pytest.raises(DataError, match=r"no such file, folder or pattern .*none\.csv"):
        source_files(_source(tmp_path / "none.csv"))
    with pytest.raises(DataError, match=r"no such file, folder or pattern"):
        source_files(_source(tmp_path / "*.csv"))
    (tmp_path / "book.xlsx").write_text("x")
    with pytest.raises(DataError, match=r"book\.xlsx is no table.*\n.*save a spreadsheet as CSV"):
        source_files(_source(tmp_path / "book.xlsx"))
    with pytest.raises(DataError, match=r"holds no file that ends in \.csv"):
        source_files(_source(tmp_path))


def test_a_file_in_a_package() -> None:
    with pytest.raises(DataError, match=r"no such file"):
        source_files(_source("no/such.csv", package="noria"))
    for missing in ("no_such_package", "not an identifier"):
        with pytest.raises(DataError, match=r"no such Python package") as error:
            source_files(_source("a.csv", package=missing))
        assert "make demo-temporal" in error.value.hint
        assert f"pip install {missing}" in error.value.hint


def test_a_missing_column_is_told_with_the_nearest(make_config) -> None:
    with pytest.raises(DataError, match=r"no column 'shop'; did you mean shops\?"):
        check_source(make_config("time,shops,sales\n"))
    with pytest.raises(DataError, match=r"no column 'qty'; it has: time, shop, sales"):
        check_source(make_config(_CSV, derived={"revenue": ["qty", "sales"]}))
    with pytest.raises(DataError, match="no column 'line'"):
        check_source(make_config(_CSV, event_id=["line"]))


def test_a_column_of_lists_is_refused(make_config) -> None:
    config = make_config({"time": ["2020-01-01"], "shop": [["a"]], "sales": [1.0]})
    with pytest.raises(DataError, match=r"column 'shop' holds list<.*expected single values"):
        check_source(config)


def test_joined_columns_are_not_looked_for_in_events(make_config, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1], "town": ["x"], "extra": [0]}), tmp_path / "shops.parquet")
    join = {"path": str(tmp_path / "shops.parquet"), "left_on": "shop", "right_on": "id", "columns": ["town"]}
    columns = resolve_columns(make_config("time,shop,sales,line\n", joins=[join], index=["town"]))
    assert list(columns.events.types) == ["time", "shop", "sales", "line"]
    assert columns.event_id == ("shop", "line")
    assert list(columns.lookups[0].types) == ["id", "town"]
    with pytest.raises(ConfigError, match="'town', which the events have already"):
        resolve_columns(make_config("time,shop,sales,town\n", joins=[join], index=["town"]))


def test_a_configuration_needs_a_source() -> None:
    with pytest.raises(ConfigError, match="source"):
        parse_config(EventIngestConfig, {"values": ["x"]}, "test")
