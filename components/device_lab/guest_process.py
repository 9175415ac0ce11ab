"""Runs the guest program as a process of its own, in a folder of its own, within a time limit."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components.device_lab.device_run import DeviceRequest, Instructions, example_count
from components.model_samples import Arrays
from noria.errors import NoriaError

GUEST_PROGRAM = Path(__file__).with_name("guest_program.py")
LIMIT_SECONDS = 600.0
_REFUSED = 3
_LAST_LINES = 8
_CRASHES = {
    signal.SIGILL: "the file led to an instruction that this processor does not have",
    signal.SIGSEGV: "the runtime read or wrote memory that it does not have",
    signal.SIGKILL: "was there too little memory?",
}


@dataclass(frozen=True)
class GuestAnswer:
    """What the guest program wrote.

    Attributes:
        outputs: Output name to [examples, *shape].
        half_precision: Whether its processor has half-precision arithmetic.
        memory_bytes: What the file took; None where the system does not tell.
        instructions: Of one inference; None where nothing counted.
    """

    outputs: dict[str, npt.NDArray[Any]]
    half_precision: bool
    memory_bytes: int | None
    instructions: Instructions | None


def write_request(folder: Path, request: DeviceRequest) -> None:
    """Writes what the guest program reads."""
    (folder / "model.tflite").write_bytes(request.model)
    np.savez(folder / "examples.npz", **_numbered(request.examples))
    (folder / "names.json").write_text(json.dumps(list(request.examples)), encoding="utf-8")


def run_guest(
    device: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    request: DeviceRequest,
    limit_seconds: float = LIMIT_SECONDS,
) -> GuestAnswer:
    """Runs ``command`` in ``folder``, which holds the request, and reads its answer.

    Raises:
        NoriaError: The guest refused the file or the inputs, died of a signal, failed, or took too long.
    """
    status, said = run_limited(device, command, environment, folder, limit_seconds)
    if status == _REFUSED and (folder / "error.json").is_file():
        message = json.loads((folder / "error.json").read_text(encoding="utf-8"))
        raise NoriaError(f"{device}: the file cannot be run: {message}")
    if status < 0:
        number = signal.Signals(-status)
        raise NoriaError(
            f"{device}: the process ended with {number.name} while it ran the file; its last lines:\n{said}",
            hint=_CRASHES.get(number, ""),
        )
    if status:
        raise NoriaError(f"{device}: the process ended with status {status}; its last lines:\n{said}")
    return _read_answer(folder, example_count(request.examples))


def run_limited(
    device: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    limit_seconds: float,
) -> tuple[int, str]:
    """Runs a command in ``folder``; returns its status (negative: a signal) and the last lines of its output.

    Raises:
        NoriaError: It was still running after ``limit_seconds``; it and what it started were ended.
    """
    log = folder / "output.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(timeout=limit_seconds)
        except subprocess.TimeoutExpired:
            raise NoriaError(
                f"{device}: the file was still running after {limit_seconds:g} s; its last lines:\n"
                f"{_last_lines(log)}",
                hint="give fewer samples, or a smaller model: emulation is slow",
            ) from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return status, _last_lines(log)


def _read_answer(folder: Path, inferences: int) -> GuestAnswer:
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    with np.load(folder / "outputs.npz") as archive:
        outputs = {name: archive[f"a{index}"] for index, name in enumerate(facts["outputs"])}
    counts = folder / "instructions.txt"
    return GuestAnswer(
        outputs=outputs,
        half_precision=facts["half_precision"],
        memory_bytes=facts["memory_bytes"],
        instructions=_read_counts(counts, inferences) if counts.is_file() else None,
    )


def _read_counts(path: Path, inferences: int) -> Instructions:
    total = dict(line.split() for line in path.read_text().splitlines())
    return Instructions(**{kind: int(count) // inferences for kind, count in total.items()})


def _numbered(arrays: Arrays) -> dict[str, npt.NDArray[Any]]:
    return {f"a{index}": np.asarray(array) for index, array in enumerate(arrays.values())}


def _last_lines(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "\n".join(line[:300] for line in lines[-_LAST_LINES:]) or "(none)"
