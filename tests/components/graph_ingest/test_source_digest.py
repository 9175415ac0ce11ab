"""Tests of components/graph_ingest/source_digest.py and source_path.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from components.graph_ingest.config import GraphIngestConfig
from components.graph_ingest.source_digest import check_source, source_digest, with_source_digest
from components.graph_ingest.source_path import SHIPPED_SNAPSHOT, source_folder
from noria.errors import ConfigError, DataError
from noria.typed_config import parse_config


def _config(kind: str, path: str) -> GraphIngestConfig:
    return parse_config(GraphIngestConfig, {"source": {"kind": kind, "path": path}}, "test")


def test_content_counts_and_time_does_not(tables_folder: Path) -> None:
    config = _config("tables", str(tables_folder))
    before = source_digest(config)
    os.utime(tables_folder / "papers.csv", (1, 1))
    assert source_digest(config) == before
    with (tables_folder / "papers.csv").open("a") as file:
        file.write("\n")
    assert source_digest(config) != before


def test_the_same_content_elsewhere_has_the_same_digest(tables_folder: Path) -> None:
    before = source_digest(_config("tables", str(tables_folder)))
    moved = tables_folder.rename(tables_folder.with_name("moved"))
    assert source_digest(_config("tables", str(moved))) == before


def test_the_digest_is_filled_in(tables_folder: Path) -> None:
    config = _config("tables", str(tables_folder))
    filled = with_source_digest(config)
    assert filled.source_digest == source_digest(config)
    assert filled.source == config.source


def test_an_index_file_has_a_digest(tmp_path: Path) -> None:
    index = tmp_path / "Packages"
    index.write_text("Package: a\n")
    first = source_digest(_config("debian", str(index)))
    index.write_text("Package: b\n")
    assert source_digest(_config("debian", str(index))) != first


def test_the_shipped_snapshot_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert source_folder(GraphIngestConfig().source) == SHIPPED_SNAPSHOT
    check_source(_config("snapshot", "data/debian-bookworm"))
    (tmp_path / "data" / "debian-bookworm").mkdir(parents=True)
    # What lies in the working folder comes first.
    assert source_folder(_config("snapshot", "data/debian-bookworm").source).is_relative_to(tmp_path)


def test_a_source_that_is_not_there_is_refused_early() -> None:
    with pytest.raises(DataError, match=r"source\.path=no/such: no such folder"):
        check_source(_config("tables", "no/such"))
    with pytest.raises(ConfigError, match=r"source\.kind=ogb needs a folder"):
        check_source(_config("ogb", ""))
