"""Small tables of sessions and tracks, and configurations for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from components.session_ingest.config import SessionIngestConfig
from noria.typed_config import parse_config

MakeConfig = Callable[..., SessionIngestConfig]

HEADER = "session,user,item,position,timestamp,response"
ITEMS = "item,tempo,mood,label\na,1,0.5,x\nb,2,0.5,y\nc,4,0.5,z\n"


def good_rows(sessions: int = 8) -> str:
    """Sessions of two tracks (a, b), one a day, of two users in turn."""
    return "".join(
        f"s{i},u{i % 2},{item},{position},2026-01-{i + 1:02d} 1{position}:00,{response}\n"
        for i in range(sessions)
        for position, (item, response) in enumerate((("a", 1), ("b", 0)))
    )


@pytest.fixture
def make_config(tmp_path: Path) -> MakeConfig:
    """Writes rows (CSV text, or a table for Parquet) and gives a configuration that reads them."""

    def write(name: str, rows: str | pa.Table) -> str:
        path = tmp_path / f"{name}.{'csv' if isinstance(rows, str) else 'parquet'}"
        if isinstance(rows, str):
            path.write_text(rows)
        else:
            pq.write_table(rows, path)
        return str(path)

    def make(rows: str | pa.Table, tracks: str | pa.Table = ITEMS, **settings: Any) -> SessionIngestConfig:
        tree: Mapping[str, Any] = {"validation": 0.25, "test": 0.25, **settings}
        tree = {
            **tree,
            "source": {"path": write("sessions", rows)},
            "items": {"path": write("items", tracks), **settings.get("items", {})},
        }
        return parse_config(SessionIngestConfig, tree, "test")

    return make
