"""What a step elsewhere printed; kept here once the step is over, as pods do not stay."""

from __future__ import annotations

import time
from collections.abc import Iterator

from noria.files import write_text
from orchestration.remote_runs import refresh, target_of
from orchestration.run_record import RunFolder
from orchestration.run_server import open_server

_INTERVAL = 2.0


def remote_log(folder: RunFolder, step: str, follow: bool) -> Iterator[str]:
    """The text of a step's log, in pieces as they arrive.

    Args:
        folder: Of a run elsewhere.
        step: One of its steps.
        follow: Go on until the step is over.

    Raises:
        NoriaError: The server cannot be asked, or has no log of the step.
    """
    kept = folder.log(step)
    if kept.exists():
        yield kept.read_text(encoding="utf-8")
        return
    server = open_server(target_of(folder))
    told = ""
    while True:
        # The state is asked first, so that what was printed last is still read.
        if problem := refresh(folder, server, metrics=False):
            raise problem
        record = folder.load()
        state = record.step(step).state
        if not (follow and state == "pending"):
            text = server.log(record, step)
            # Another attempt begins a log of its own.
            yield text[len(told) :] if text.startswith(told) else text
            told = text
        if state not in ("pending", "running"):
            _keep(folder, step, told)
            return
        if not follow:
            return
        time.sleep(_INTERVAL)


def _keep(folder: RunFolder, step: str, text: str) -> None:
    record = folder.load()
    # A run that is retried may still make this step anew.
    if record.state == "succeeded" or record.step(step).state == "succeeded":
        write_text(folder.log(step), text)
        record.step(step).log = str(folder.log(step))
        folder.save(record)
