"""The program that runs a file on a device: alone, on any Python with NumPy and LiteRT, without Noria.

``python guest_program.py`` in a folder with ``model.tflite`` and ``examples.npz`` (input name to
[examples, *shape]) writes ``outputs.npz`` and ``facts.json``, or ``error.json`` where the file or the inputs
are refused. Arrays are called by number there, as names of tensors may hold any character; ``names.json``
lists them.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

SIGNATURE = "serving_default"
# instruction_counter.c listens to these.
COUNTING_BEGINS, COUNTING_ENDS = 0x6E6F7261, 0x6E6F7262
_AT_HWCAP, _FPHP, _ASIMDHP = 16, 1 << 9, 1 << 10

Array = npt.NDArray[Any]


class RefusedError(Exception):
    """File and inputs do not go together; the message is for people."""


class Program:
    """An interpreter of one file with its tensors by name."""

    def __init__(self, path: str) -> None:
        self._interpreter = Interpreter(model_path=path, num_threads=1)
        signatures = self._interpreter.get_signature_list()
        self._call: Any = None
        if signatures:
            key = SIGNATURE if SIGNATURE in signatures else next(iter(signatures))
            if key != SIGNATURE and len(signatures) > 1:
                raise RefusedError(
                    f"the file has the signatures {sorted(signatures)}, expected {SIGNATURE!r}"
                )
            runner = self._interpreter.get_signature_runner(key)
            self.inputs, self.outputs = runner.get_input_details(), runner.get_output_details()
            if len(signatures) > 1:
                # A signature of another subgraph than the first can only be called through its runner.
                self._call = runner
            # The interpreter refuses to work while a runner that it is not called through is alive.
            del runner
        else:
            self.inputs = {tensor["name"]: tensor for tensor in self._interpreter.get_input_details()}
            self.outputs = {tensor["name"]: tensor for tensor in self._interpreter.get_output_details()}
        if self._call is None:
            self._interpreter.allocate_tensors()

    def run(self, sample: dict[str, Array], around: Callable[[Callable[[], Any]], Any]) -> dict[str, Array]:
        """Runs one sample; ``around`` is given the call that computes."""
        if self._call is not None:
            return {name: np.array(value) for name, value in around(lambda: self._call(**sample)).items()}
        for name, value in sample.items():
            self._interpreter.set_tensor(self.inputs[name]["index"], value)
        around(self._interpreter.invoke)
        return {name: self._interpreter.get_tensor(t["index"]).copy() for name, t in self.outputs.items()}

    def check(self, examples: dict[str, Array]) -> None:
        """Raises RefusedError unless the examples are what the file takes."""
        if missing := sorted(set(self.inputs) ^ set(examples)):
            raise RefusedError(f"the file takes {sorted(self.inputs)}, got {sorted(examples)}: see {missing}")
        for name, array in examples.items():
            wanted = self.inputs[name]
            shape, dtype = tuple(int(d) for d in wanted["shape"]), np.dtype(wanted["dtype"])
            if array.shape[1:] != shape or array.dtype != dtype:
                got = f"{array.dtype.name}{list(array.shape[1:])}"
                raise RefusedError(f"input {name!r} is {dtype.name}{list(shape)}, got {got}")
        if len({len(array) for array in examples.values()} | {0}) != 2:
            counts = {name: len(array) for name, array in examples.items()}
            raise RefusedError(f"every input needs the same number of examples, at least one; got {counts}")


def count_instructions(compute: Callable[[], Any]) -> Any:
    """Calls ``compute`` between the system calls that begin and end counting."""
    with contextlib.suppress(ProcessLookupError):
        os.getpgid(COUNTING_BEGINS)
    result = compute()
    with contextlib.suppress(ProcessLookupError):
        os.getpgid(COUNTING_ENDS)
    return result


def half_precision() -> bool:
    """Whether this processor has vector arithmetic on half-precision numbers that XNNPACK uses (ARM only)."""
    if sys.platform == "darwin":
        import subprocess

        asked = ["sysctl", "-n", "hw.optional.arm.FEAT_FP16"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        return answer.stdout.strip() == "1"
    if os.uname().machine != "aarch64":
        return False
    vector = Path("/proc/self/auxv").read_bytes()
    capabilities = dict(struct.iter_unpack("=QQ", vector[: len(vector) // 16 * 16])).get(_AT_HWCAP, 0)
    return bool(capabilities & _FPHP and capabilities & _ASIMDHP)


def resident_bytes(field: str) -> int | None:
    """``VmRSS`` or ``VmHWM`` of this process; None where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    return None


def main() -> None:
    """Runs every example of the working folder."""
    with np.load("examples.npz") as archive:
        names = json.loads(Path("names.json").read_text())
        examples = {name: archive[f"a{index}"] for index, name in enumerate(names)}
    with contextlib.suppress(OSError):
        # Forgets the largest size so far: importing must not hide what the file takes.
        Path("/proc/self/clear_refs").write_text("5")
    before = resident_bytes("VmRSS")
    program = Program("model.tflite")
    program.check(examples)
    count = len(next(iter(examples.values())))
    samples = [{name: array[i] for name, array in examples.items()} for i in range(count)]
    # The first call prepares what later ones reuse; it is not counted.
    program.run(samples[0], lambda compute: compute())
    answers = [program.run(sample, count_instructions) for sample in samples]
    largest = resident_bytes("VmHWM")
    outputs = list(program.outputs)
    stacked = {f"a{index}": np.stack([a[name] for a in answers]) for index, name in enumerate(outputs)}
    np.savez("outputs.npz", **stacked)
    facts = {
        "outputs": outputs,
        "half_precision": half_precision(),
        "memory_bytes": max(0, largest - before) if largest is not None and before is not None else None,
    }
    Path("facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    try:
        main()
    except (RefusedError, ValueError, RuntimeError) as error:
        # What LiteRT raises for files it cannot run is ValueError or RuntimeError.
        Path("error.json").write_text(json.dumps(str(error)))
        sys.exit(3)
