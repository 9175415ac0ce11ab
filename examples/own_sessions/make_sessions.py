"""Wrote sessions.csv.gz and tracks.csv, from a small built-in world: run it as a script."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from components.listening_world.config import WorldConfig
from components.listening_world.generate import generate_log

FOLDER = Path(__file__).parent
WORLD = WorldConfig(users=40, items=100, sessions=900, candidates=8, longest=10, seed=7)


def main() -> None:
    """Writes both files; what only the world knows is left out."""
    log = generate_log(WORLD)
    assert log.offered is not None
    header = "session,listener,track,position,played_at,share_played,situation,propensity,on_offer"
    lines = [header]
    for session in range(len(log.session_user)):
        start = datetime.fromtimestamp(float(log.session_start[session]), UTC)
        for position, row in enumerate(range(log.first[session], log.first[session + 1])):
            played_at = start + timedelta(minutes=3 * position)
            on_offer = " ".join(f"t{item:03d}" for item in log.offered[row])
            situation = log.facts.contexts[log.session_context[session]]
            lines.append(
                f"s{session:04d},u{log.session_user[session]:02d},t{log.item[row]:03d},{position},"
                f"{played_at:%Y-%m-%d %H:%M:%S},{log.response[row]:g},{situation},"
                f"{log.propensity[row]:.6f},{on_offer}"
            )
    with gzip.GzipFile(FOLDER / "sessions.csv.gz", "wb", mtime=0) as file:
        file.write(("\n".join(lines) + "\n").encode())
    names = ",".join(["track", *log.facts.features])
    tracks = np.round(log.features, 3)
    rows = [f"t{item:03d}," + ",".join(f"{value:g}" for value in tracks[item]) for item in range(len(tracks))]
    (FOLDER / "tracks.csv").write_text("\n".join([names, *rows]) + "\n")


if __name__ == "__main__":
    main()
