"""A .tflite file of which nothing else is known, on several devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from components.device_check.compare import Expectation, judge
from components.device_check.record import DeviceResult
from components.device_lab.device_run import (
    DeviceRequest,
    DeviceUnavailableError,
    example_count,
    random_examples,
)
from components.device_lab.devices import run_on
from components.device_lab.model_file import ModelFileFacts, check_inputs, check_runnable, inspect_file
from components.device_lab.native import run_natively
from components.device_lab.profiles import find_profile
from components.device_lab.single_precision import in_single_precision
from components.model_samples import Arrays
from components.tflite_export.parity import check_finite
from noria.errors import ConfigError, DataError, NoriaError, first_few

SEED = 0
_TOLERANCE = 0.01


@dataclass(frozen=True)
class FileCheck:
    """What came of it.

    Attributes:
        facts: Of the file.
        output: The output that was compared.
        samples: How many.
        inputs: Where they came from, for people.
        devices: One row per device, in the order that was asked for; ``agreement`` and ``max_difference``
            are from the same file in single precision on this machine.
    """

    facts: ModelFileFacts
    output: str
    samples: int
    inputs: str
    devices: tuple[DeviceResult, ...]


def check_file(
    path: Path,
    devices: Iterable[str],
    *,
    samples: Path | None = None,
    count: int = 8,
    output: str = "",
    task: Literal["classification", "regression"] = "regression",
    progress: Callable[[str], None] | None = None,
) -> FileCheck:
    """Runs a file on devices and compares it with itself in single precision on this machine.

    Args:
        path: The file.
        devices: Names of components.device_lab.profiles.
        samples: An .npz file, input name to [samples, *input shape]; None: seeded random inputs.
        count: How many samples; of a file with more, the first.
        output: The output to compare; empty: the largest.
        task: classification: a sample agrees when every row's argmax is the same; regression: when it
            differs by at most a hundredth of the outputs' scale.
        progress: Takes a line per device.

    Raises:
        ConfigError: There is no such device.
        DataError: The file or the samples cannot be read, or do not fit.
        NoriaError: No device can run the file, or it answers NaN on this machine.
    """
    profiles = [find_profile(name) for name in devices]
    data = _read(path)
    facts = inspect_file(data, str(path))
    check_runnable(facts, str(path))
    examples = _examples(facts, samples, count)
    primary = _output(facts, output)
    say = progress or (lambda _: None)
    say("this machine, in single precision")
    single = run_natively(DeviceRequest(in_single_precision(data), examples, count=False)).outputs
    check_finite(str(path), single, "give real samples with --samples, or export the model again")
    answers = single[primary]
    if len(answers) > 1 and (answers == answers[:1]).all():
        say(f"every sample has the same {primary!r}, which compares little: give real ones with --samples")
    expected = Expectation(
        primary=primary,
        task=task,
        model=single,
        single=single,
        labels=None,
        half_marked=facts.marked_for_half,
        tolerance=_TOLERANCE,
    )
    rows = []
    for profile in profiles:
        say(profile.title)
        try:
            run = run_on(profile.name, DeviceRequest(data, examples))
        except ConfigError:
            raise
        except NoriaError as error:
            # Where the device is there and the file fails on it, it agrees with nothing.
            failed = None if isinstance(error, DeviceUnavailableError) else 0.0
            rows.append(
                DeviceResult(
                    device=profile.name, title=profile.title, ran=False, why_not=str(error), agreement=failed
                )
            )
        else:
            rows.append(judge(profile, run, expected).result)
    told = str(samples) if samples else f"random (seed {SEED})"
    return FileCheck(facts, primary, example_count(examples), told, tuple(rows))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None


def _examples(facts: ModelFileFacts, samples: Path | None, count: int) -> Arrays:
    if samples is None:
        shapes = {name: (tensor.shape, tensor.dtype) for name, tensor in facts.inputs.items()}
        return {**random_examples(shapes, count, SEED), **_random_codes(facts, count)}
    try:
        with np.load(samples, allow_pickle=False) as archive:
            examples = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, AttributeError, EOFError, BadZipFile) as error:
        # NumPy takes whatever is no archive for pickled objects or a single array.
        why = (
            error.strerror if isinstance(error, OSError) and error.strerror else "it is no whole .npz archive"
        )
        raise DataError(
            f"cannot read samples from {samples}: {why}",
            hint="numpy.savez(FILE, **{input name: array [samples, *input shape]}) makes such a file",
        ) from None
    check_inputs(facts, examples)
    return {name: array[:count] for name, array in examples.items()}


def _random_codes(facts: ModelFileFacts, count: int) -> Arrays:
    # Integers that stand for real numbers take every value of their type, not those of a table's rows.
    random = np.random.default_rng(SEED)
    codes: dict[str, npt.NDArray[Any]] = {}
    for name, tensor in facts.inputs.items():
        if tensor.quantized:
            limits = np.iinfo(tensor.dtype)
            drawn = random.integers(limits.min, limits.max, (count, *tensor.shape), endpoint=True)
            codes[name] = drawn.astype(tensor.dtype)
    return codes


def _output(facts: ModelFileFacts, asked: str) -> str:
    if asked and asked not in facts.outputs:
        raise DataError(f"there is no output {asked!r}; the file has {first_few(sorted(facts.outputs))}")
    return asked or max(facts.outputs, key=lambda name: int(np.prod(facts.outputs[name].shape)))
