"""Reading CSV and Parquet so that a damaged file, an unknown column or a bad cell is told by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from noria.errors import DataError, first_few

_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"


# Bytes of a CSV that are parsed at once; a record longer than this cannot be read.
_BLOCK = 8 << 20


@dataclass(frozen=True)
class CsvStyle:
    """How a CSV file is written."""

    encoding: str = "utf-8"
    delimiter: str = ","


def matching_files(folder: Path, pattern: str) -> list[Path]:
    """The files below ``folder`` that a name or a shell pattern (``papers-*.parquet``) stands for, sorted.

    Raises:
        DataError: There is none.
    """
    files = sorted(folder.glob(pattern)) if any(c in pattern for c in "*?[") else [folder / pattern]
    if not files or not all(file.is_file() for file in files):
        raise DataError(f"{folder / pattern} does not exist")
    return files


def column_names(path: Path) -> list[str]:
    """The columns of a CSV (``.csv``, ``.csv.gz``) or Parquet file.

    Raises:
        DataError: The file is damaged or of another kind.
    """
    return list(table_schema(path).names)


def table_schema(path: Path, style: CsvStyle | None = None) -> pa.Schema:
    """Names and types of a file's columns; those of a CSV are guessed from its beginning.

    Raises:
        DataError: The file is damaged or of another kind.
    """
    try:
        if is_csv(path):
            read, parse = _csv_options(style or CsvStyle())
            with pyarrow.csv.open_csv(path, read, parse) as reader:
                return reader.schema
        return pq.ParquetFile(path).schema_arrow
    except (pa.ArrowException, OSError, UnicodeError, LookupError) as error:
        raise _damaged(path, error) from error


def iterate_batches(
    path: Path, columns: Sequence[str], rows: int, style: CsvStyle | None = None
) -> Iterator[pa.Table]:
    """Reads the named columns piece by piece, in the file's order; of a CSV every cell as text.

    Args:
        path: A CSV or Parquet file.
        columns: Their names; an empty CSV cell, and NaN, is null.
        rows: How many rows a piece of a Parquet file has at most; a CSV's pieces go by bytes.
        style: How a CSV is written.

    Raises:
        DataError: The file is damaged or lacks a column.
    """
    require_columns(columns, table_schema(path, style).names, path)
    try:
        if is_csv(path):
            read, parse = _csv_options(style or CsvStyle())
            convert = _csv_conversion(dict.fromkeys(columns, pa.string()))
            with pyarrow.csv.open_csv(path, read, parse, convert) as reader:
                for batch in reader:
                    yield pa.Table.from_batches([batch])
        else:
            for batch in pq.ParquetFile(path).iter_batches(rows, columns=list(columns)):
                # Arrow hands columns over in the file's order.
                yield pa.Table.from_batches([batch]).select(list(columns))
    except (pa.ArrowException, OSError, UnicodeError, LookupError) as error:
        raise _damaged(path, error) from error


def split_rows(tables: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
    """The same rows in tables of exactly ``rows`` rows, the last one excepted; empty ones are left out."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += len(table)
        while count >= rows:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, rows)
            waiting, count = [joined.slice(rows)], count - rows
    if count:
        yield pa.concat_tables(waiting)


def read_columns(path: Path, types: Mapping[str, pa.DataType | None]) -> pa.Table:
    """Reads the named columns.

    Args:
        path: A CSV or Parquet file.
        types: Per column the type that a CSV's cells are read as, None to infer it; Parquet has its own.

    Raises:
        DataError: The file is damaged, lacks a column, or a CSV's cells do not fit the type.
    """
    require_columns(list(types), column_names(path), path)
    if not is_csv(path):
        return read_parquet(path, list(types))
    try:
        return _read_csv(path, types)
    except (pa.ArrowException, OSError) as error:
        _refuse_bad_cells(path, types)
        raise _damaged(path, error) from error


def read_parquet(path: Path, columns: Sequence[str]) -> pa.Table:
    """Reads the named columns of one Parquet file.

    Raises:
        DataError: The file is missing, truncated or otherwise damaged, or lacks a column.
    """
    if not path.is_file():
        raise DataError(f"{path} does not exist")
    try:
        file = pq.ParquetFile(path)
        require_columns(columns, file.schema_arrow.names, path)
        return file.read(columns=list(columns))
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def read_bare_csv(path: Path, value_type: pa.DataType | None = None) -> pa.Table:
    """Reads a CSV file without a header line; columns are called f0, f1, ...

    Raises:
        DataError: The file is missing, damaged, or a cell does not fit ``value_type``.
    """
    if not path.is_file():
        raise DataError(f"{path} does not exist")
    options = pyarrow.csv.ReadOptions(autogenerate_column_names=True)
    try:
        table = pyarrow.csv.read_csv(path, read_options=options)
        if value_type is None:
            return table
        return table.cast(pa.schema([(name, value_type) for name in table.column_names]), safe=False)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def require_columns(wanted: Sequence[str], present: Sequence[str], path: Path) -> None:
    """Raises DataError when a wanted column is absent, with the nearest names or all there are."""
    for name in wanted:
        if name in present:
            continue
        close = difflib.get_close_matches(name, present, n=3)
        known = f"did you mean {' or '.join(close)}?" if close else f"it has: {', '.join(present)}"
        raise DataError(f"{path} has no column {name!r}; {known}")


def is_csv(path: Path) -> bool:
    """Whether a file's name says CSV."""
    return path.name.endswith((".csv", ".csv.gz"))


def _read_csv(path: Path, types: Mapping[str, pa.DataType | None]) -> pa.Table:
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    return pyarrow.csv.read_csv(path, parse_options=parse, convert_options=_csv_conversion(types))


def _csv_options(style: CsvStyle) -> tuple[pyarrow.csv.ReadOptions, pyarrow.csv.ParseOptions]:
    return (
        pyarrow.csv.ReadOptions(block_size=_BLOCK, encoding=style.encoding),
        pyarrow.csv.ParseOptions(delimiter=style.delimiter, newlines_in_values=True),
    )


def _csv_conversion(types: Mapping[str, pa.DataType | None]) -> pyarrow.csv.ConvertOptions:
    # Text stays as it is written ("NA" may be a country); what is empty is null.
    return pyarrow.csv.ConvertOptions(
        include_columns=list(types),
        column_types={name: kind for name, kind in types.items() if kind is not None},
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
        null_values=["", "NaN", "nan"],
    )


def _refuse_bad_cells(path: Path, types: Mapping[str, pa.DataType | None]) -> None:
    numeric = [
        n for n, kind in types.items() if kind and (pa.types.is_floating(kind) or pa.types.is_integer(kind))
    ]
    try:
        text = _read_csv(path, dict.fromkeys(numeric, pa.string()))
    except (pa.ArrowException, OSError):
        return
    for name in numeric:
        column = text[name]
        bad = column.filter(
            pc.invert(pc.match_substring_regex(column, _NUMBER)), null_selection_behavior="drop"
        )
        if len(bad):
            raise DataError(f"{path}: column {name!r}: {len(bad)} cells are no numbers: {first_few(bad)}")


def _damaged(path: Path, error: Exception) -> DataError:
    kind = "CSV" if is_csv(path) else "Parquet"
    return DataError(
        f"{path} is not a whole {kind} file ({path.stat().st_size} bytes): {error}",
        hint="copy or write the file again",
    )
