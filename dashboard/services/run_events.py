"""What happens to a run and what its steps print, while it goes on."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from dashboard.masking import Mask
from dashboard.server_events import ServerEvent
from noria.journal import JournalReader
from orchestration.dead_runs import bury_if_dead
from orchestration.remote_logs import remote_log
from orchestration.run_record import RunFolder, RunRecord

_INTERVAL = 0.5
# So many silent rounds, and something is sent so that nobody in between hangs up.
_SILENCE = 30
_PIECE = 64 * 1024
_TOLD = ("metric", "progress", "note")


def run_state(record: RunRecord, mask: Mask) -> dict[str, Any]:
    """What the event ``state`` says."""
    return {
        "id": record.id,
        "state": record.state,
        "seconds": record.seconds,
        "error": mask.text(record.error),
        "steps": [
            {
                "name": step.name,
                "state": step.state,
                "cached": step.cached,
                "seconds": step.seconds,
                "attempts": step.attempts,
                "error": mask.text(step.error),
            }
            for step in record.steps
        ],
    }


async def run_events(folder: RunFolder, mask: Mask, offset: int = 0) -> AsyncIterator[ServerEvent | None]:
    """Events until the run is over.

    Args:
        offset: Bytes of the journal that the reader already knows: the id of the last event it got.
    """
    reader = JournalReader(folder.journal, offset)
    version, silent = (0, 0), 0
    while True:
        # The record is read first: what the journal got before the end is then still told.
        stat = await run_in_threadpool(folder.record.stat)
        record = None
        # A run that died changes nothing by itself: looked at again now and then.
        if (stat.st_mtime_ns, stat.st_ino) != version or silent % 10 == 9:
            record = await run_in_threadpool(bury_if_dead, folder.path)
        news = await run_in_threadpool(reader.read)
        for entry in news:
            if entry.get("kind") in _TOLD:
                yield ServerEvent(entry["kind"], mask.tree(_finite(entry)), str(reader.offset))
        if (record is not None and (stat.st_mtime_ns, stat.st_ino) != version) or (record and record.over):
            version = (stat.st_mtime_ns, stat.st_ino)
            yield ServerEvent("state", run_state(record, mask))
        if record is not None and record.over:
            yield ServerEvent("end", {"state": record.state})
            return
        silent = 0 if news or record is not None else silent + 1
        if silent >= _SILENCE:
            silent = 0
            yield None
        await asyncio.sleep(_INTERVAL)


async def log_events(
    folder: RunFolder, step: str, mask: Mask, offset: int = 0
) -> AsyncIterator[ServerEvent | None]:
    """Pieces of a step's log until the step is over; events ``text`` and at last ``end``.

    Args:
        offset: Bytes that the reader already has: the id of the last event it got.
    """
    path, silent = folder.log(step), 0
    if folder.load().remote is not None and not path.exists():
        async for text in iterate_in_threadpool(remote_log(folder, step, True)):
            yield ServerEvent("text", mask.text(text))
        yield ServerEvent("end", "")
        return
    while True:
        # Asked before the text is read, so that what was printed last is still told.
        over = await run_in_threadpool(_step_is_over, folder, step)
        while piece := await run_in_threadpool(read_piece, path, offset, over):
            offset += len(piece)
            silent = 0
            yield ServerEvent("text", mask.text(piece.decode("utf-8", "replace")), str(offset))
        if over:
            yield ServerEvent("end", "")
            return
        silent += 1
        if silent >= _SILENCE:
            silent = 0
            yield None
        await asyncio.sleep(_INTERVAL)


def read_piece(path: Path, offset: int, over: bool) -> bytes:
    """Whole lines of a file from an offset on; the rest of an unfinished line only when nothing follows.

    A piece never ends within a line shorter than 64 KiB, so that nothing that is masked is cut in two.
    """
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        file.seek(offset)
        piece = file.read(_PIECE)
    end = piece.rfind(b"\n") + 1
    return piece[:end] if end else piece if over or len(piece) == _PIECE else b""


def read_tail(path: Path, lines: int, limit: int = 2_000_000) -> str:
    """The last lines of a file, of its last ``limit`` bytes at most."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - limit))
        text = file.read(limit).decode("utf-8", "replace")
    return "\n".join(text.split("\n")[-lines - 1 :]) if lines else text


def _step_is_over(folder: RunFolder, step: str) -> bool:
    record = bury_if_dead(folder.path)
    return record.over or record.step(step).state not in ("pending", "running")


def _finite(entry: dict[str, Any]) -> dict[str, Any]:
    # JSON knows neither NaN nor infinity, though Python writes them.
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in entry.items()
    }
