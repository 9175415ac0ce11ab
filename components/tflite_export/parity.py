"""Does the exported file answer as the model does? Both on the same samples, output by output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from components import tracking
from components.model_samples import Arrays
from noria.errors import NoriaError, first_few

Runner = Callable[[Arrays], Arrays]
Answers = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Parity:
    """How far a candidate's answers are from the reference's.

    Attributes:
        agreement: Share of samples that agree: same argmax in every row (classification), or a largest
            difference within the tolerance (regression).
        max_difference: Largest absolute difference of the primary output.
        relative_difference: ``max_difference`` by the largest absolute reference value.
        per_output: Largest absolute difference of every output.
        differences: [examples] largest absolute difference of the primary output in each sample.
    """

    agreement: float
    max_difference: float
    relative_difference: float
    per_output: dict[str, float]
    differences: npt.NDArray[np.float64]


def run_all(runner: Runner, examples: Arrays, outputs: Sequence[str]) -> Answers:
    """Runs samples one after the other and reports progress.

    Args:
        runner: Takes one sample (input name to array) and gives its outputs by name.
        examples: Input name to [examples, *shape].
        outputs: The outputs to collect.

    Returns:
        Output name to [examples, *shape].
    """
    total = len(next(iter(examples.values())))
    rows: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in outputs}
    for index in range(total):
        answers = runner({name: array[index] for name, array in examples.items()})
        for name in outputs:
            rows[name].append(np.array(answers[name]))
        if index % 50 == 49 or index + 1 == total:
            tracking.progress(index + 1, total, "samples")
    return {name: np.stack(values) for name, values in rows.items()}


def check_finite(what: str, answers: Answers, hint: str) -> None:
    """Raises NoriaError naming outputs and samples unless every answer is a finite number."""
    for name, values in answers.items():
        broken = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
        if len(broken):
            raise NoriaError(
                f"{what} answers NaN or infinity in output {name!r} for {len(broken)} of {len(values)} "
                f"sample(s): {first_few(broken)}",
                hint=hint,
            )


def compare(
    reference: Answers,
    candidate: Answers,
    primary: str,
    task: Literal["classification", "regression"],
    tolerance: float,
) -> Parity:
    """Compares finite answers, output name to [examples, *shape].

    Args:
        reference: What the SavedModel answered.
        candidate: What the file answered.
        primary: The output that predicts.
        task: Decides what agreement means.
        tolerance: For regression: the share of the reference's scale that a sample may be off.
    """
    gaps = {name: _gaps(reference[name], candidate[name]) for name in reference}
    differences = gaps[primary]
    scale = float(np.max(np.abs(reference[primary]), initial=0.0)) or 1.0
    if task == "classification":
        same = np.argmax(reference[primary], axis=-1) == np.argmax(candidate[primary], axis=-1)
        agrees = same.reshape(len(same), -1).all(axis=1)
    else:
        agrees = differences <= tolerance * scale
    largest = float(differences.max())
    return Parity(
        agreement=float(agrees.mean()),
        max_difference=largest,
        relative_difference=largest / scale,
        per_output={name: float(values.max()) for name, values in gaps.items()},
        differences=differences,
    )


def _gaps(reference: npt.NDArray[Any], candidate: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    gap = np.abs(reference.astype(np.float64) - candidate.astype(np.float64))
    largest: npt.NDArray[np.float64] = gap.reshape(len(gap), -1).max(axis=1, initial=0.0)
    return largest
