"""The numbers that a run ended with."""

from __future__ import annotations

from pathlib import Path

from noria.journal import read_journal


def result_metrics(journal: Path) -> dict[str, float]:
    """The last value of every metric reported without an epoch; points of curves are left out."""
    return {
        record["name"]: record["value"]
        for record in read_journal(journal)
        if record["kind"] == "metric" and record["epoch"] is None
    }
