"""What the SavedModel answers on the samples that its files are compared with it on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.model_card import ModelCard, Signature
from components.model_folder import ModelFolder
from components.model_samples import Arrays
from components.saved_model import SavedModelRunner
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.parity import Answers, Parity, check_finite, compare, run_all
from components.tflite_export.task_metric import NAMES, task_loss, task_metric
from noria.errors import DataError

# At most so many samples of the validation split are run with every format, for the loss.
JUDGED_SAMPLES = 300
# Of fewer samples one alone would weigh more than the loss that is usually allowed.
_ENOUGH = 50


@dataclass(frozen=True)
class Answered:
    """Samples with the SavedModel's answers.

    Attributes:
        card: The model's.
        inputs: Input name to [samples, *shape].
        answers: Output name to [samples, *shape].
        labels: What is true of the samples, see ModelFolder.labels; None: that is not known.
    """

    card: ModelCard
    inputs: Arrays
    answers: Answers
    labels: npt.NDArray[np.generic] | None

    def __len__(self) -> int:
        return len(self.answers[self.card.primary_output])

    @property
    def metric_name(self) -> str:
        """Of the task metric; empty without labels."""
        return "" if self.labels is None else NAMES[self.card.task]

    def task_metric(self, answers: Answers | None = None) -> float | None:
        """Of the model, or of another's answers; None without labels."""
        if self.labels is None:
            return None
        return task_metric((answers or self.answers)[self.card.primary_output], self.labels, self.card.task)

    def compare(self, answers: Answers, tolerance: float) -> Parity:
        """How far answers are from the model's."""
        return compare(self.answers, answers, self.card.primary_output, self.card.task, tolerance)

    def loss(self, answers: Answers, tolerance: float) -> float:
        """What is lost: of the task metric, or without labels of agreement."""
        model, file = self.task_metric(), self.task_metric(answers)
        if model is None or file is None or self.labels is None:
            return 1.0 - self.compare(answers, tolerance).agreement
        return task_loss(model, file, self.labels, self.card.task)


@dataclass(frozen=True)
class Reference:
    """A model with its answers.

    Attributes:
        model: The model.
        test: Test examples: what is reported of every format is measured on them.
        judged: What a format's loss is measured on. Where a format is chosen by it: samples of the
            validation split, or, where the model folder holds none, ``test``. Else ``test``.
        judged_on: In words, which and how many samples ``judged`` are.
        calibration: Samples of the validation split to quantize by; None: there are none, or no format
            needs them.
    """

    model: ModelFolder
    test: Answered
    judged: Answered
    judged_on: str
    calibration: Arrays | None

    @classmethod
    def of(cls, model: ModelFolder, config: TfliteExportConfig) -> Reference:
        """Runs the SavedModel on its first ``max_examples`` examples, and on what the choice needs.

        Raises:
            DataError: Its signature is not what its card says, or not static; samples do not fit the card.
            NoriaError: It answers NaN or infinity.
        """
        runner = SavedModelRunner(model.saved_model, model.card.op_libraries)
        if runner.signature != model.card.signature:
            raise DataError(
                f"{model.path / 'model.json'} promises {signature_text(model.card.signature)}, "
                f"but the SavedModel has {signature_text(runner.signature)}"
            )

        def answered(inputs: Arrays, labels: npt.NDArray[np.generic] | None, words: str) -> Answered:
            answers = run_all(runner, inputs, list(model.card.signature.outputs))
            hint = f"its weights are broken, or these {words} are: look at the training's loss and data"
            check_finite(f"the SavedModel {model.saved_model}", answers, hint)
            return Answered(model.card, inputs, answers, labels)

        test = answered(model.examples(config.max_examples), model.labels(config.max_examples), "examples")
        judged, judged_on = test, f"{len(test)} test examples"
        samples, quantizes = model.calibration(), "int8" in config.formats
        if samples is None:
            if config.choose == "smallest":
                judged_on += " (the model folder holds no samples of the validation split to choose by)"
            return cls(model, test, judged, judged_on, None)
        count = len(next(iter(samples.values())))
        quantized, rest = split(count, config.max_calibration if quantizes else 0)
        if config.choose == "smallest":
            labels = model.calibration_labels()
            known = None if labels is None else labels[rest]
            judged = answered(_take(samples, rest), known, "calibration samples")
            judged_on = f"{len(rest)} samples of the validation split"
            if len(np.intersect1d(quantized, rest)):
                judged_on += f" (int8 is quantized by some of them: fewer than {_ENOUGH} others are there)"
        return cls(model, test, judged, judged_on, _take(samples, quantized) if quantizes else None)


def split(count: int, quantizing: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Positions of the samples to quantize by, and of those to judge formats on.

    Both are spread evenly: samples may be in order of time, and the early ones unlike the late. None is both,
    unless too few would be left to judge on: then these are taken from all.

    Args:
        count: Number of samples.
        quantizing: So many to quantize by, or all.
    """
    everything = np.arange(count, dtype=np.int64)
    first = _evenly(everything, quantizing)
    left = np.setdiff1d(everything, first)
    return first, _evenly(left if len(left) >= _ENOUGH else everything, JUDGED_SAMPLES)


def signature_text(signature: Signature) -> str:
    """For messages."""
    return str({k: {n: str(t) for n, t in v.items()} for k, v in signature})


def _evenly(positions: npt.NDArray[np.int64], limit: int) -> npt.NDArray[np.int64]:
    chosen = np.linspace(0, len(positions) - 1, min(limit, len(positions))).astype(np.int64)
    picked: npt.NDArray[np.int64] = positions[chosen]
    return picked


def _take(samples: Arrays, positions: npt.NDArray[np.int64]) -> Arrays:
    return {name: array[positions] for name, array in samples.items()}
