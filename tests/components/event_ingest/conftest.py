"""Small event files and configurations for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from components.event_ingest.config import EventIngestConfig
from components.event_ingest.event_table import EventFacts, EventTable
from components.event_ingest.ingest import ingest
from noria.typed_config import parse_config

MakeConfig = Callable[..., EventIngestConfig]
Ingest = Callable[[EventIngestConfig], tuple[EventFacts, pa.Table]]


@pytest.fixture
def make_config(tmp_path: Path) -> MakeConfig:
    """Writes rows (CSV text, or columns for Parquet) and gives a configuration: time, shop and sales."""

    def make(rows: str | Mapping[str, Any] | pa.Table, name: str = "events", **settings: Any) -> Any:
        if isinstance(rows, str):
            path = tmp_path / f"{name}.csv"
            path.write_text(rows)
        else:
            path = tmp_path / f"{name}.parquet"
            pq.write_table(rows if isinstance(rows, pa.Table) else pa.table(dict(rows)), path)
        tree: dict[str, Any] = {
            "source": {"path": str(path)},
            "timestamp": {"column": "time"},
            "index": ["shop"],
            "values": ["sales"],
            **settings,
        }
        return parse_config(EventIngestConfig, tree, "test")

    return make


@pytest.fixture
def ingested(tmp_path: Path) -> Ingest:
    """Ingests into a new folder and reads it back."""
    folders = iter(range(1000))

    def run(config: EventIngestConfig) -> tuple[EventFacts, pa.Table]:
        folder = tmp_path / f"table-{next(folders)}"
        facts = ingest(config, folder)
        table = EventTable.load(folder)
        assert table.facts == facts
        assert sorted(path.name for path in folder.iterdir()) == ["events.json", "events.parquet"]
        return facts, table.read()

    return run
