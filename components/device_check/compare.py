"""One device's answers beside the model's, and beside the same file's in single precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.device_check.record import DeviceResult
from components.device_lab.device_run import DeviceRun
from components.device_lab.profiles import DeviceProfile
from components.tflite_export.parity import Answers, compare
from components.tflite_export.task_metric import Task, task_metric

# As relative_difference measures. Single precision in another order of operations stays within it; rounding
# to half precision (11 bits) does not.
ROUNDING = 1e-5


@dataclass(frozen=True)
class Expectation:
    """What a device's answers are held against.

    Attributes:
        primary: The output that predicts.
        task: Decides what agreement means.
        model: What the SavedModel answered, output name to [examples, *shape].
        single: What the file answered on this machine in single precision.
        labels: Of the examples; None where there are none.
        half_marked: The file allows half-precision arithmetic.
        tolerance: Share of the outputs' scale that a regression sample may be off.
    """

    primary: str
    task: Task
    model: Answers
    single: Answers
    labels: npt.NDArray[Any] | None
    half_marked: bool
    tolerance: float


@dataclass(frozen=True)
class Judgement:
    """A device's row, and what the report shows beyond it.

    Attributes:
        result: For ``devices.json``.
        fallback_difference: ``relative_difference`` of the primary output from single precision, where half
            precision was not to be used; else None.
        differences: [finite examples] largest difference of the primary output from the model's in each.
    """

    result: DeviceResult
    fallback_difference: float | None = None
    differences: npt.NDArray[np.float64] | None = None


def judge(profile: DeviceProfile, run: DeviceRun, expected: Expectation) -> Judgement:
    """Compares what a device answered.

    Samples with NaN or infinity in any output agree with nothing, and leave no largest difference.
    """
    primary, task = expected.primary, expected.task
    answers = {name: run.outputs[name] for name in expected.model}
    finite = finite_samples(answers)
    parity = from_single = None
    if finite.any():
        some = _rows(answers, finite)
        model, single = _rows(expected.model, finite), _rows(expected.single, finite)
        parity = compare(model, some, primary, task, expected.tolerance)
        from_single = compare(single, some, primary, task, expected.tolerance)
    whole = bool(finite.all())
    exact = half_exact(answers)
    capable = run.half_precision if profile.half_precision is None else profile.half_precision
    wanted = expected.half_marked and capable
    if run.instructions is not None:
        taken = run.instructions.half > 0
    else:
        # Infinity is what half precision makes of numbers that single precision holds.
        changed = not whole or relative_difference(expected.single[primary], answers[primary]) > ROUNDING
        taken = capable and changed and exact is not False
    counts = run.instructions
    labels = expected.labels
    result = DeviceResult(
        device=profile.name,
        title=profile.title,
        ran=True,
        processor=run.processor,
        half_precision=taken,
        half_precision_expected=wanted,
        half_exact=exact,
        agreement=parity.agreement * float(finite.mean()) if parity else 0.0,
        max_difference=parity.max_difference if parity and whole else None,
        difference_from_single=from_single.max_difference if from_single and whole else None,
        task_metric=task_metric(answers[primary], labels, task) if labels is not None and whole else None,
        instructions=counts.all if counts else None,
        half_instructions=counts.half if counts else None,
        single_instructions=counts.single if counts else None,
        integer_instructions=counts.integer if counts else None,
        memory_bytes=run.memory_bytes,
    )
    fallback = None
    if whole and not wanted:
        fallback = relative_difference(expected.single[primary], answers[primary])
    findings = _findings(result, finite, fallback)
    return Judgement(
        result.model_copy(update={"findings": findings}), fallback, parity.differences if parity else None
    )


def finite_samples(answers: Answers) -> npt.NDArray[np.bool_]:
    """[examples] whether every output of a sample is a finite number."""
    each = [np.isfinite(values.reshape(len(values), -1)).all(axis=1) for values in answers.values()]
    finite: npt.NDArray[np.bool_] = np.logical_and.reduce(each)
    return finite


def relative_difference(reference: npt.NDArray[Any], candidate: npt.NDArray[Any]) -> float:
    """The largest difference of an element by its own size.

    What is smaller than three quarters of the reference's elements that are not zero is taken for as large as
    that: nearly nothing may be off by more than itself. The largest element would be no measure for all, as
    policies mask moves with numbers that are thousands of times a logit.
    """
    sizes = np.abs(reference.astype(np.float64))
    floor = float(np.quantile(sizes[sizes > 0], 0.25)) if sizes.any() else 1.0
    gaps = np.abs(reference.astype(np.float64) - candidate.astype(np.float64))
    return float((gaps / np.maximum(sizes, floor)).max())


def half_exact(answers: Answers) -> bool | None:
    """Is every float output a number that half precision has exactly? None: there is no float output."""
    floats = [values for values in answers.values() if np.issubdtype(values.dtype, np.floating)]
    if not floats:
        return None
    with np.errstate(over="ignore"):
        # A NaN is a NaN in half precision too.
        return all(np.array_equal(v.astype(np.float16).astype(v.dtype), v, equal_nan=True) for v in floats)


def _rows(answers: Answers, chosen: npt.NDArray[np.bool_]) -> Answers:
    return {name: values[chosen] for name, values in answers.items()}


def _findings(result: DeviceResult, finite: npt.NDArray[np.bool_], fallback: float | None) -> tuple[str, ...]:
    found = []
    if not finite.all():
        found.append(f"answers NaN or infinity for {int((~finite).sum())} of {len(finite)} samples")
    if result.half_precision_expected and not result.half_precision:
        found.append("processor and file allow half precision, but it was not computed in half precision")
    if result.half_precision and not result.half_precision_expected:
        found.append("it was computed in half precision, which processor or file do not allow")
    if fallback is not None and fallback > ROUNDING:
        found.append(
            f"without half precision it differs from this machine by {fallback:.2g}, "
            f"relatively: more than rounding ({ROUNDING:g})"
        )
    return tuple(found)
