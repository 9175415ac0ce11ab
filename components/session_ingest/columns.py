"""Which columns are read, settled from the files' headers before any row is read."""

from __future__ import annotations

import pyarrow as pa

from components.event_ingest.columns import TableColumns, table_columns
from components.event_ingest.source_digest import source_files
from components.session_ingest.config import SessionIngestConfig
from components.table_files import CsvStyle, require_columns, table_schema
from noria.errors import ConfigError


def track_columns(config: SessionIngestConfig) -> TableColumns:
    """The columns of the sessions' files.

    Raises:
        DataError: A file or column is not there, or has a type that cannot be used.
    """
    columns = config.columns
    names = [name for name in columns.model_dump().values() if name]
    lists = [columns.candidates] if columns.candidates else []
    return table_columns(config.source, [*names, config.timestamp.column], lists)


def item_columns(config: SessionIngestConfig) -> tuple[TableColumns, tuple[str, ...]]:
    """The columns of the tracks' files, and which of them are features.

    Raises:
        DataError: As ``track_columns``.
        ConfigError: No feature is named, and no column is numeric.
    """
    items = config.items
    features = items.features
    if not features:
        file = source_files(items)[0]
        schema = table_schema(file, CsvStyle(items.encoding, items.delimiter))
        require_columns([items.item], schema.names, file)
        features = tuple(
            field.name for field in schema if field.name != items.item and _is_numeric(field.type)
        )
        if not features:
            raise ConfigError(
                f"{file} has no numeric column that could be a feature; it has: {', '.join(schema.names)}",
                hint="add features of the tracks, or name columns that hold numbers as text: items.features",
            )
    return table_columns(items, (items.item, *features)), features


def _is_numeric(kind: pa.DataType) -> bool:
    numeric = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_decimal)
    return any(test(kind) for test in numeric)
