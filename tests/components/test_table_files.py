"""Tests of components/table_files.py."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.table_files import matching_files, read_bare_csv, read_columns, read_parquet
from noria.errors import DataError


def _csv(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_csv_and_parquet_give_the_same(tmp_path: Path) -> None:
    csv = _csv(tmp_path / "a.csv", "id,x,other\n007,1.5,z\nNA,2,z\n")
    pq.write_table(
        pa.table({"other": ["z"] * 2, "x": [1.5, 2.0], "id": ["007", "NA"]}), tmp_path / "a.parquet"
    )
    types = {"id": pa.string(), "x": pa.float64()}
    assert read_columns(csv, types).to_pydict() == {"id": ["007", "NA"], "x": [1.5, 2.0]}
    assert read_columns(csv, types).equals(read_columns(tmp_path / "a.parquet", types))


def test_compressed_csv_with_quoted_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b'id,x\n"two\nlines",1\n'))
    assert read_columns(path, {"id": pa.string()})["id"].to_pylist() == ["two\nlines"]


def test_unknown_column_is_told_with_the_nearest(tmp_path: Path) -> None:
    path = _csv(tmp_path / "a.csv", "id,weight\na,1\n")
    with pytest.raises(DataError, match=r"a\.csv has no column 'wieght'; did you mean weight\?"):
        read_columns(path, {"wieght": None})
    with pytest.raises(DataError, match="it has: id, weight"):
        read_columns(path, {"zzz": None})


def test_bad_cells_are_counted(tmp_path: Path) -> None:
    path = _csv(tmp_path / "a.csv", "id,x\na,1\nb,one\nc,\nd,two\ne,-1e3\n")
    with pytest.raises(DataError, match=r"a\.csv: column 'x': 2 cells are no numbers: one, two"):
        read_columns(path, {"id": pa.string(), "x": pa.float64()})


def test_a_row_of_another_length_is_refused(tmp_path: Path) -> None:
    path = _csv(tmp_path / "a.csv", "id,x\na,1\nb,1,2\n")
    with pytest.raises(DataError, match=r"a\.csv is not a whole CSV file .*Expected 2 columns, got 3"):
        read_columns(path, {"id": pa.string()})


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_truncated_parquet_is_refused(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": list(range(1000))}), path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"a\.parquet is not a whole Parquet file"):
        read_parquet(path, ["x"])
    with pytest.raises(DataError, match=r"a\.parquet is not a whole Parquet file"):
        read_columns(path, {"x": None})


def test_truncated_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("".join(f"{i},{i * 7919}\n" for i in range(5000)).encode())[:-2000])
    with pytest.raises(DataError, match=r"a\.csv\.gz is not a whole CSV file"):
        read_bare_csv(path)


def test_bare_csv_has_numbered_columns_of_one_type(tmp_path: Path) -> None:
    table = read_bare_csv(_csv(tmp_path / "a.csv", "1,2\n3,4\n"), pa.int64())
    assert table.to_pydict() == {"f0": [1, 3], "f1": [2, 4]}
    with pytest.raises(DataError, match=r"b\.csv is not a whole CSV file"):
        read_bare_csv(_csv(tmp_path / "b.csv", "1,x\n"), pa.int64())


def test_patterns_and_missing_files(tmp_path: Path) -> None:
    for name in ("b-2.csv", "b-1.csv"):
        _csv(tmp_path / name, "id\n")
    assert [path.name for path in matching_files(tmp_path, "b-*.csv")] == ["b-1.csv", "b-2.csv"]
    for pattern in ("c-*.csv", "c.csv"):
        with pytest.raises(DataError, match="does not exist"):
            matching_files(tmp_path, pattern)
    with pytest.raises(DataError, match="does not exist"):
        read_parquet(tmp_path / "c.parquet", ["x"])
