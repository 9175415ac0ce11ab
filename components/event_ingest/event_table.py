"""The contract between event_ingest and what reads events: the layout of an ``EventTable`` folder.

Layout::

    events.parquet   sorted by ``timestamp``: ``timestamp`` (timestamp[us], wall-clock time of the stated
                     zone, itself without one; when clocks are set back, an hour of events lies among
                     those of the hour before), every index column (string), every value column (float64)
    events.json      EventFacts
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from noria.errors import DataError
from noria.files import read_json, write_json
from noria.typed_config import TypedConfig, parse_config

TIMESTAMP = "timestamp"
EVENTS, FACTS = "events.parquet", "events.json"


class EventFacts(TypedConfig):
    """``events.json``: what was read and what became of it."""

    index: tuple[str, ...] = Field(description="Columns that tell series apart.")
    values: tuple[str, ...] = Field(description="Numeric columns.")
    time_zone: str = Field(description="The zone whose wall-clock time `timestamp` is.")
    rows: int = Field(description="Events kept.")
    series: int = Field(0, description="Distinct combinations of index values.")
    first: str = Field(description="Time of the first event, ISO 8601.")
    last: str = Field(description="Time of the last event, ISO 8601.")
    rows_read: int = Field(description="Rows of the source.")
    dropped: dict[str, int] = Field(
        default_factory=dict, description="Rows dropped by reason; only counts > 0."
    )
    warnings: dict[str, int] = Field(default_factory=dict, description="Rows kept in spite of a problem.")
    examples: dict[str, list[str]] = Field(
        default_factory=dict, description="Per reason and problem the first few rows."
    )
    source_digest: str = Field(default="", description="Content digest of the source.")


@dataclass(frozen=True)
class EventTable:
    """An ``EventTable`` folder that was opened."""

    path: Path
    facts: EventFacts

    @classmethod
    def load(cls, path: Path) -> EventTable:
        """Reads the facts; raises DataError where the folder is none of event_ingest's."""
        if not (path / FACTS).is_file() or not (path / EVENTS).is_file():
            raise DataError(
                f"{path} holds no {EVENTS} with {FACTS}", hint="give event_ingest's output folder"
            )
        return cls(path, parse_config(EventFacts, read_json(path / FACTS), origin=str(path / FACTS)))

    def read(self) -> pa.Table:
        """All events, sorted by time."""
        return pq.read_table(self.path / EVENTS)

    @property
    def parquet(self) -> Path:
        """The file itself, for readers that take it in pieces."""
        return self.path / EVENTS


def save_facts(path: Path, facts: EventFacts) -> None:
    """Writes ``events.json`` beside ``events.parquet``."""
    write_json(path / FACTS, facts.model_dump(mode="json"))
