"""What the toy steps share."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import tempfile
import time
from pathlib import Path

from components import tracking
from noria.errors import DataError
from toy.config import StepConfig


def read(folder: Path) -> list[float]:
    """The numbers of an earlier step."""
    return json.loads((folder / "numbers.json").read_text())


def write(folder: Path, numbers: list[float], config: StepConfig) -> None:
    """Writes numbers, misbehaving as configured; reports metrics and a picture."""
    trouble = config.trouble
    # As frameworks do.
    tempfile.mkstemp(prefix="left-by-a-step-")
    print(f"working on {len(numbers)} numbers")
    if trouble.stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for _ in range(trouble.children):
        multiprocessing.get_context("spawn").Process(target=time.sleep, args=(300,), daemon=True).start()
    (folder / "half.json").write_text("half of it")
    tracking.params({"factor": config.factor})
    for epoch in range(config.epochs):
        tracking.metrics({"loss": 1 / (epoch + 1)}, epoch=epoch)
    until = time.monotonic() + trouble.sleep
    while (left := until - time.monotonic()) > 0:
        tracking.progress(int((1 - left / trouble.sleep) * 100), 100, "percent")
        time.sleep(min(left, 0.1))
    while trouble.until and not trouble.until.exists():
        time.sleep(0.05)
    if trouble.fail and not (trouble.unless and trouble.unless.exists()):
        _fail(trouble.fail)
    (folder / "half.json").unlink()
    (folder / "numbers.json").write_text(json.dumps([number * config.factor for number in numbers]))
    (folder / "report.html").write_text("<p>fine</p>")
    tracking.metric(f"{folder.parent.parent.name}_sum", sum(numbers) * config.factor)
    tracking.artifact(folder / "report.html")


def _fail(how: str) -> None:
    if how == "data":
        raise DataError("numbers.csv: 3 of 5 rows are no numbers: 1, 2, 4", hint="mend the file")
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "exit":
        raise SystemExit(3)
    raise ZeroDivisionError("division of everything by zero")
