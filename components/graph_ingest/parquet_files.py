"""Reading Parquet so that a damaged file or an unknown column is told by name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from noria.errors import DataError


def read_parquet(path: Path, columns: Sequence[str]) -> pa.Table:
    """Reads the named columns of one file.

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
        raise DataError(
            f"{path} is not a whole Parquet file ({path.stat().st_size} bytes): {error}",
            hint="copy or write the file again",
        ) from error


def require_columns(wanted: Sequence[str], present: Sequence[str], path: Path) -> None:
    """Raises DataError when a wanted column is absent, with the nearest names or all there are."""
    for name in wanted:
        if name in present:
            continue
        close = difflib.get_close_matches(name, present, n=3)
        known = f"did you mean {' or '.join(close)}?" if close else f"it has: {', '.join(present)}"
        raise DataError(f"{path} has no column {name!r}; {known}")
