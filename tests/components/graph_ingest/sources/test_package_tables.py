"""Tests of components/graph_ingest/sources/package_tables.py and of the shipped data."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from components.graph_ingest.source_path import SHIPPED_SNAPSHOT
from components.graph_ingest.sources.package_tables import PACKAGE_EDGES, PackageTables
from noria.errors import DataError

SLICE = Path(__file__).parents[3] / "data" / "debian-slice"


@pytest.mark.parametrize("folder", [SLICE, SHIPPED_SNAPSHOT], ids=["slice", "shipped"])
def test_shipped_data_is_sound(folder: Path) -> None:
    tables = PackageTables.load(folder)
    counts = tables.counts()
    assert len(np.unique(tables.source)) == counts["sources"]
    assert len(np.unique(tables.maintainer)) == counts["maintainers"]
    for name in (*PACKAGE_EDGES, "has_tag"):
        tails, heads = tables.edges[name]
        assert tails.min() >= 0
        assert tails.max() < counts["packages"]
        assert heads.min() >= 0
        assert heads.max() < counts["tags" if name == "has_tag" else "packages"]
        assert len(np.unique(np.stack([tails, heads]), axis=1).T) == len(tails)


def test_shipped_data_is_small() -> None:
    sizes = {folder: sum(f.stat().st_size for f in folder.iterdir()) for folder in (SLICE, SHIPPED_SNAPSHOT)}
    assert sizes[SLICE] < 300_000
    assert sizes[SHIPPED_SNAPSHOT] < 5_000_000


def test_what_is_saved_is_loaded_and_saved_again_to_the_same_bytes(tmp_path: Path) -> None:
    tables = PackageTables.load(SLICE)
    tables.save(tmp_path)
    again = PackageTables.load(tmp_path)
    assert again.counts() == tables.counts()
    assert again.section == tables.section
    np.testing.assert_array_equal(again.words.ids, tables.words.ids)
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (SLICE / file.name).read_bytes(), file.name


def test_a_folder_that_is_no_snapshot_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no snapshot\.json"):
        PackageTables.load(tmp_path)


@pytest.mark.parametrize("file", ["packages.parquet", "depends.parquet", "tags.parquet"])
def test_a_truncated_or_missing_file_is_told_by_name(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "snapshot"
    shutil.copytree(SLICE, folder)
    path = folder / file
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=f"{file} is not a whole Parquet file"):
        PackageTables.load(folder)
    path.unlink()
    with pytest.raises(DataError, match=f"{file} does not exist"):
        PackageTables.load(folder)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"counts": {}}'])
def test_a_snapshot_without_counts_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "snapshot.json").write_text(text)
    with pytest.raises(DataError, match=r"snapshot\.json states no counts"):
        PackageTables.load(tmp_path)
