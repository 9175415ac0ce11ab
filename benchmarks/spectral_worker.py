"""A process that measures one contestant of benchmarks.spectral_fft, and the handle that starts it.

TensorFlow fixes its devices per process, and memory can be told apart only between processes. A worker reads
one JSON object per line from its standard input and answers each with one line.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Self

import numpy as np

from benchmarks.spectral_contestants import contestant
from benchmarks.spectral_turns import filter_turn, peak_turn, run_turn, stages_turn
from noria.errors import NoriaError

_WARM_UP = 64


class Worker:
    """The handle of a worker process; end it with ``with``."""

    def __init__(self, spec: dict[str, Any], environment: dict[str, str] | None = None) -> None:
        self.name = str(spec.get("name", spec["library"]))
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, json.dumps(spec)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=os.environ | quiet | (environment or {}),
            cwd=Path(__file__).parents[1],
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def tell(self, **command: Any) -> None:
        """Sends a command; ``answer`` waits for what comes of it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(command, default=str) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise NoriaError(f"{self.name} ended early:\n{self._tail()}") from error

    def answer(self) -> dict[str, Any]:
        """What the command that was told last gave.

        Raises:
            NoriaError: It failed; the message holds the end of what the worker wrote.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NoriaError(f"{self.name} ended early:\n{self._tail()}")
        told: dict[str, Any] = json.loads(line)
        return told

    def ready(self, seconds: float) -> bool:
        """Whether an answer comes within so many seconds.

        Raises:
            NoriaError: The worker has ended.
        """
        if self._process.poll() is not None:
            raise NoriaError(f"{self.name} ended early:\n{self._tail()}")
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], seconds)[0])

    def ask(self, **command: Any) -> dict[str, Any]:
        """Sends a command and waits for its answer."""
        self.tell(**command)
        return self.answer()

    def _tail(self) -> str:
        self._process.wait(30)
        self._log.seek(0)
        return self._log.read().decode(errors="replace").strip()[-1500:]


def gpus() -> dict[str, Any]:
    """The GPUs that TensorFlow sees, by name."""
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in found]
    return {"gpus": names, "tensorflow": tf.__version__}


def serve(spec: dict[str, Any], commands: IO[str], answers: IO[str]) -> None:
    """Answers commands until their end."""
    who: Any = None
    if spec["library"] != "none":
        who = contestant(spec)
        _warm_up(who, spec.get("rank", 2))
    for line in commands:
        command = json.loads(line)
        what, path = command["do"], Path(command.get("path", ""))
        if what == "gpus":
            told = gpus()
        elif what == "run":
            told = run_turn(who, path, command.get("indices", []), spec.get("kind") == "GPU")
        elif what == "peak":
            told = peak_turn(who, path)[1]
        elif what == "stages":
            told = stages_turn(who, path)
        else:
            told = filter_turn(who, path, command["order"])
        answers.write(json.dumps(told) + "\n")
        answers.flush()


def _warm_up(who: Any, rank: int) -> None:
    """Loads what is loaded late, so that the memory measured is the field's."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "small.npy")
        np.save(path, np.ones((_WARM_UP,) * rank, np.complex64))
        who.load(path)
        who.transform()
        who.drop()


def main() -> None:
    """Keeps standard output for answers: libraries print there too."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(json.loads(sys.argv[1]), sys.stdin, answers)


if __name__ == "__main__":
    main()
