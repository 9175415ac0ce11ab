"""Runs whose process ended without saying so: killed, out of memory, power cut.

The record of such a run says running, but its lock is free. Whoever looks first puts it in order: its
step server, the next ``noria runs``, the next run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

from noria.journal import append
from noria.locks import lock_holder, try_lock
from orchestration.run_metrics import result_metrics
from orchestration.run_record import RunFolder, RunRecord, now

RUN_VARIABLE = "NORIA_RUN"
# Seconds for the processes of a run to be gone.
_PATIENCE = 5.0


def bury_if_dead(path: Path) -> RunRecord:
    """Reads a run's record; if its process is gone, marks it failed everywhere first."""
    folder = RunFolder(path)
    record = folder.load()
    if record.over or lives_elsewhere(record) or lock_holder(folder.lock) is not None:
        return record
    lock = try_lock(folder.lock)
    if lock is None:
        return record
    try:
        # Somebody else may have been faster.
        record = folder.load()
        if not record.over and not lives_elsewhere(record):
            _bury(folder, record)
        return record
    finally:
        lock.release()


def lives_elsewhere(record: RunRecord) -> bool:
    """Whether a run goes on without any process here: a server has taken it."""
    return record.remote is not None and bool(record.remote.run_id)


def _bury(folder: RunFolder, record: RunRecord) -> None:
    error = "the run's process ended without finishing (killed, out of memory, or the machine went down)"
    if record.remote is None:
        kill_processes_of(record.id)
        _end_executions(folder, record, error)
    for step in record.steps:
        if step.state == "running":
            step.state, step.error = "failed", error
        elif step.state == "pending":
            step.state = "skipped"
    record.state = "failed"
    record.error = f"{error}; continue with: noria run {record.pipeline} --resume {record.id}"
    record.ended = now()
    record.metrics = result_metrics(folder.journal)
    for scratch in (folder.work, folder.temporary):
        shutil.rmtree(scratch, ignore_errors=True)
    folder.save(record)
    append(folder.journal, {"kind": "run", "state": "failed"})


def _end_executions(folder: RunFolder, record: RunRecord, error: str) -> None:
    from orchestration.metadata_store import end_open_executions

    for execution_id in end_open_executions(folder.home, record.id, error):
        for output in (folder.home.artifacts / record.pipeline).glob(f"*/*/{execution_id}"):
            shutil.rmtree(output)


def kill_processes_of(run_id: str) -> None:
    """Kills what is left of a run's step server and steps, found by the variable that they all carry."""
    wanted = f"{RUN_VARIABLE}={run_id}".encode()
    until = time.monotonic() + _PATIENCE
    # Again, because one of them may have started another one meanwhile, or be about to become its program.
    while time.monotonic() < until:
        looked_at = [_killed(process, wanted) for process in Path("/proc").glob("[0-9]*")]
        if not any(looked_at):
            return
        time.sleep(0.02)


def _killed(process: Path, wanted: bytes) -> bool:
    """Kills a process that carries the variable; True where it did, or where that cannot be told yet."""
    if int(process.name) == os.getpid():
        return False
    # Processes end while we look, and those of other users cannot be read.
    with contextlib.suppress(OSError):
        environment = (process / "environ").read_bytes()
        if wanted in environment.split(b"\0"):
            os.kill(int(process.name), signal.SIGKILL)
            return True
        # While the kernel loads a program, there is neither environment nor command line. What has ended, and
        # the kernel's own threads, have no program either.
        if not environment and (process / "exe").readlink():
            return not (process / "cmdline").read_bytes() or bool((process / "environ").read_bytes())
    return False
