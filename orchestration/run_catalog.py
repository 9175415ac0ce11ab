"""Finding runs: all of them, or the one that a few signs name. Reads files only."""

from __future__ import annotations

import re

from noria.errors import NoriaError
from noria.home import Home
from orchestration.dead_runs import bury_if_dead
from orchestration.run_record import RunFolder, RunRecord

LAST = "last"


def all_runs(home: Home) -> list[RunRecord]:
    """Every run, newest first; runs whose process died are marked failed on the way."""
    records = [bury_if_dead(path.parent) for path in home.runs.glob("*/run.json")]
    return sorted(records, key=lambda record: record.started, reverse=True)


def find_run(home: Home, name: str) -> RunFolder:
    """Looks up a run by its id, the beginning of its id, ``last``, or ``last~1`` for the one before.

    Raises:
        NoriaError: No run, or more than one, is called so; the message lists the candidates.
    """
    runs = all_runs(home)
    if not runs:
        raise NoriaError(f"there are no runs in {home.root}", hint="start one with: noria run PIPELINE")
    if steps_back := re.fullmatch(rf"{LAST}(?:~(\d+))?", name):
        number = int(steps_back.group(1) or 0)
        if number >= len(runs):
            raise NoriaError(f"{name}: there are only {len(runs)} runs in {home.root}")
        return RunFolder(home.runs / runs[number].id)
    found = [run for run in runs if run.id.startswith(name)] if name else []
    if len(found) == 1:
        return RunFolder(home.runs / found[0].id)
    listed = "\n".join(
        f"  {run.id}  {run.pipeline}  {run.state}  {run.started}" for run in (found or runs)[:10]
    )
    if found:
        raise NoriaError(f"{name!r} is the beginning of {len(found)} runs:\n{listed}", hint="give more signs")
    raise NoriaError(f"no run's id begins with {name!r}; the latest are:\n{listed}")
