"""A few sessions of every policy, track by track, to look at."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from components.agent_evaluation.arena import Ranking
from components.playlist_simulation.episode_tracker import EpisodeTracker
from components.playlist_simulation.episodes import Episodes
from noria.files import replacing

FILE = "episodes.parquet"


def track_sessions(rankings: Iterable[Ranking], episodes: Episodes, sessions: int) -> pa.Table:
    """Plays the first ``sessions`` episodes again and writes everything down.

    Returns:
        EpisodeTracker's columns and ``environment``. Policies with chance in them draw other numbers than
        they did among more sessions.
    """
    first, tables = episodes.take(np.arange(sessions)), []
    for ranking in rankings:
        tracker = EpisodeTracker()
        for entrant in ranking.entrants.values():
            ranking.arena.play(entrant.policy, first, tracker)
        table = tracker.table()
        tables.append(table.add_column(0, "environment", pa.array([ranking.arena.name] * len(table))))
    return pa.concat_tables(tables)


def write_sessions(table: pa.Table, folder: Path) -> Path:
    """Writes ``episodes.parquet``."""
    with replacing(folder / FILE) as temporary:
        pq.write_table(table, temporary)
    return folder / FILE


def one_session(table: pa.Table, environment: str, policy: str, episode: int = 0) -> list[dict[str, Any]]:
    """The rows of one session, by position."""
    rows = table.filter(
        (pc.field("environment") == environment)
        & (pc.field("policy") == policy)
        & (pc.field("episode") == episode)
    )
    return list(rows.sort_by("position").to_pylist())
