"""Which columns are read from which files, settled from the files' headers before any row is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from components.event_ingest.config import EventIngestConfig, JoinConfig, SourceConfig
from components.event_ingest.source_digest import source_files
from components.table_files import CsvStyle, is_csv, require_columns, table_schema
from noria.errors import ConfigError, DataError


@dataclass(frozen=True)
class TableColumns:
    """The files of one table, and the columns to read from each.

    Attributes:
        files: Sorted by name.
        types: Per column the one type of all files: text for CSV, and where files differ.
        style: How its CSV files are written.
    """

    files: tuple[Path, ...]
    types: Mapping[str, pa.DataType]
    style: CsvStyle


@dataclass(frozen=True)
class EventColumns:
    """What is read for one configuration.

    Attributes:
        events: The events' own table.
        lookups: One per join.
        event_id: The columns of ``events`` that tell duplicates from events that only look alike, beside
            time, index and values.
    """

    events: TableColumns
    lookups: tuple[TableColumns, ...]
    event_id: tuple[str, ...]


def resolve_columns(config: EventIngestConfig) -> EventColumns:
    """Finds every file and column that a configuration names.

    Raises:
        DataError: A file, package or column is not there, or a column has a type that cannot be used.
        ConfigError: A joined column's name is taken.
    """
    files = tuple(source_files(config.source))
    style = _style(config.source)
    schemas = [(file, _text_if_csv(file, table_schema(file, style))) for file in files]
    _refuse_taken_names(config.joins, schemas[0][1].names)
    joined: set[str] = set()
    wanted = [config.timestamp.column]
    for join in config.joins:
        wanted += [join.left_on] if join.left_on not in joined else []
        joined.update(join.columns)
    wanted += [name for name in (*config.index, *config.numeric_columns) if name not in joined]
    # Lists and structs cannot be compared.
    comparable = [field.name for field in schemas[0][1] if not pa.types.is_nested(field.type)]
    compared = {config.timestamp.column, *config.index, *config.values, *joined}
    event_id = comparable if config.event_id is None else config.event_id
    identity = [name for name in event_id if name not in compared]
    types = _common_types(list(dict.fromkeys([*wanted, *identity])), schemas)
    lookups = tuple(_lookup_columns(join) for join in config.joins)
    return EventColumns(TableColumns(files, types, style), lookups, tuple(identity))


def table_columns(source: SourceConfig, wanted: Sequence[str], lists: Sequence[str] = ()) -> TableColumns:
    """Finds a table's files and the columns ``wanted``; those in ``lists`` may hold lists.

    Raises:
        DataError: A file, package or column is not there, or a column has a type that cannot be used.
    """
    files = tuple(source_files(source))
    schemas = [(file, _text_if_csv(file, table_schema(file, _style(source)))) for file in files]
    return TableColumns(files, _common_types(list(dict.fromkeys(wanted)), schemas, lists), _style(source))


def _lookup_columns(join: JoinConfig) -> TableColumns:
    return table_columns(join, (join.right_on or join.left_on, *join.columns))


def _refuse_taken_names(joins: Sequence[JoinConfig], present: Sequence[str]) -> None:
    taken = set(present)
    for join in joins:
        twice = [name for name in join.columns if name in taken]
        if twice:
            raise ConfigError(
                f"joins: {join.path} is to add column {twice[0]!r}, which the events have already",
                hint="leave it out of that join's columns",
            )
        taken.update(join.columns)


def _common_types(
    wanted: Sequence[str], schemas: Sequence[tuple[Path, pa.Schema]], lists: Sequence[str] = ()
) -> dict[str, pa.DataType]:
    for file, schema in schemas:
        require_columns(wanted, schema.names, file)
    types: dict[str, pa.DataType] = {}
    for name in wanted:
        kinds = {schema.field(name).type for _, schema in schemas}
        nested = [kind for kind in kinds if pa.types.is_nested(kind)]
        if nested and not (name in lists and len(kinds) == 1 and _is_list(nested[0])):
            raise DataError(f"{schemas[0][0]}: column {name!r} holds {nested[0]}, expected single values")
        types[name] = kinds.pop() if len(kinds) == 1 else pa.string()
    return types


def _is_list(kind: pa.DataType) -> bool:
    kinds = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(is_kind(kind) for is_kind in kinds)


def _text_if_csv(file: Path, schema: pa.Schema) -> pa.Schema:
    fields = [(f.name, pa.string() if is_csv(file) else _plain(f.type)) for f in schema]
    return pa.schema(fields)


def _plain(kind: pa.DataType) -> pa.DataType:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_null(kind) else kind


def _style(source: SourceConfig) -> CsvStyle:
    return CsvStyle(source.encoding, source.delimiter)
