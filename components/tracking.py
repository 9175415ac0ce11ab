"""What a step reports while it works: metrics, parameters, pictures, progress.

Nothing here talks to MLflow. Records are appended to a journal file, which the orchestration delivers
to MLflow and to the screen, so that a tracking server that is down costs no training. The records are
also kept beside the step's first output (``_records.jsonl``), so that a cached step can report again.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from noria.journal import append

JOURNAL_VARIABLE = "NORIA_JOURNAL"
STEP_VARIABLE = "NORIA_STEP"
RECORDS = "_records.jsonl"

_PROGRESS_INTERVAL = 0.2

_last_progress = 0.0
_kept: list[dict[str, Any]] | None = None
_outputs: Mapping[str, Path] = {}


def metric(name: str, value: float, epoch: int | None = None) -> None:
    """Reports a number; with ``epoch`` it is one point of a curve, without it a result of the step."""
    _append({"kind": "metric", "name": name, "value": float(value), "epoch": epoch})


def metrics(values: Mapping[str, float], epoch: int | None = None) -> None:
    """Reports several numbers at once."""
    for name, value in values.items():
        metric(name, value, epoch)


def params(values: Mapping[str, object]) -> None:
    """Reports what was configured or found out, as text."""
    _append({"kind": "params", "values": {k: str(v) for k, v in values.items()}})


def artifact(path: Path) -> None:
    """Reports a finished file or folder inside one of the step's outputs, to be shown beside the run."""
    for key, folder in _outputs.items():
        if path.is_relative_to(folder):
            _append({"kind": "artifact", "output": key, "path": path.relative_to(folder).as_posix()})
            return
    raise ValueError(f"{path} lies in none of the step's outputs: {dict(_outputs)}")


def progress(done: int, total: int, unit: str) -> None:
    """Reports how far the step is; shown live, not kept. Told at most five times a second, and at the end."""
    global _last_progress
    if done < total and time.monotonic() - _last_progress < _PROGRESS_INTERVAL:
        return
    _last_progress = time.monotonic()
    _append({"kind": "progress", "done": done, "total": total, "unit": unit}, keep=False)


@contextmanager
def recording(outputs: Mapping[str, Path]) -> Iterator[None]:
    """Keeps the records of one step; on success they are written beside its first output."""
    global _kept, _outputs
    _kept, _outputs = [], dict(outputs)
    try:
        yield
        first = next(iter(outputs.values()))
        (first / RECORDS).write_text("".join(json.dumps(r) + "\n" for r in _kept), encoding="utf-8")
    finally:
        _kept, _outputs = None, {}


def _append(record: dict[str, Any], keep: bool = True) -> None:
    if keep and _kept is not None:
        _kept.append(record)
    journal = os.environ.get(JOURNAL_VARIABLE)
    if not journal:
        return
    append(Path(journal), {"step": os.environ.get(STEP_VARIABLE, ""), "time": time.time(), **record})
