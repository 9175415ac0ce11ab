"""Tests of components/table_files.py."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.table_files import (
    CsvStyle,
    iterate_batches,
    matching_files,
    read_bare_csv,
    read_columns,
    read_parquet,
    split_rows,
    table_schema,
)
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


def test_batches_hold_the_whole_file_in_order(tmp_path: Path) -> None:
    table = pa.table({"id": [f"{i:03}" for i in range(100)], "x": list(range(100)), "y": [0.5] * 100})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=30)
    batches = list(iterate_batches(tmp_path / "a.parquet", ["y", "id"], rows=7))
    assert max(len(batch) for batch in batches) <= 7
    assert pa.concat_tables(batches).equals(table.select(["y", "id"]))
    text = "".join(f"{i:03},{i},0.5\n" for i in range(100))
    csv = pa.concat_tables(iterate_batches(_csv(tmp_path / "a.csv", f"id,x,y\n{text}"), ["x", "id"], rows=7))
    assert csv.to_pydict() == {"x": [str(i) for i in range(100)], "id": table["id"].to_pylist()}


def test_batches_of_another_style(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id;town\n1;Köln\n2;NaN\n3;\n".encode("latin-1"))
    style = CsvStyle("latin-1", ";")
    assert table_schema(path, style).names == ["id", "town"]
    (batch,) = iterate_batches(path, ["town"], 10, style)
    assert batch["town"].to_pylist() == ["Köln", None, None]
    with pytest.raises(DataError, match="no column 'twon'; did you mean town"):
        list(iterate_batches(path, ["twon"], 10, style))
    with pytest.raises(DataError, match=r"a\.csv is not a whole CSV file .*unknown encoding: latin-99"):
        list(iterate_batches(path, ["town"], 10, CsvStyle("latin-99", ";")))


def test_damage_further_down_is_told(tmp_path: Path) -> None:
    path = _csv(tmp_path / "a.csv", "id,x\n" + "1,2\n" * 10 + "1,2,3\n")
    with pytest.raises(DataError, match=r"a\.csv is not a whole CSV file .*Expected 2 columns, got 3"):
        list(iterate_batches(path, ["id"], 3))


@pytest.mark.parametrize("sizes", [[], [0], [5], [1, 0, 2, 9, 3], [10, 10]])
def test_rows_are_split_exactly(sizes: list[int]) -> None:
    tables, start = [], 0
    for size in sizes:
        tables.append(pa.table({"x": pa.array(range(start, start + size), pa.int64())}))
        start += size
    parts = list(split_rows(iter(tables), 4))
    assert [len(part) for part in parts] == [4] * (start // 4) + [start % 4] * (start % 4 > 0)
    assert [x for part in parts for x in part["x"].to_pylist()] == list(range(start))
