"""Multinomial logistic regression on a dense and a sparse block, by Adam (Kingma & Ba 2014) in batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.integer[Any]]

_BATCH = 1024
# Small data sets get smaller batches, so that they get enough steps.
_STEPS_PER_EPOCH = 30
_EPOCHS = 10
_RATE = 0.01
_DECAYS = (0.0, 0.5, 2.0)


@dataclass(frozen=True)
class Inputs:
    """Rows of one split: ``dense`` float32 [rows, d], standardised; ``sparse`` CSR float32 [rows, s]."""

    dense: FloatArray
    sparse: Any

    def rows(self, index: IntArray | slice) -> Inputs:
        """Some of the rows."""
        return Inputs(self.dense[index], self.sparse[index])


@dataclass
class SoftmaxRegression:
    """Weights [columns, classes] of both blocks and the bias [classes]."""

    dense: FloatArray
    sparse: FloatArray
    bias: FloatArray

    def predict(self, inputs: Inputs) -> IntArray:
        """The most probable class of every row, int64 [rows]."""
        classes: IntArray = np.argmax(self.logits(inputs), axis=1)
        return classes

    def logits(self, inputs: Inputs) -> FloatArray:
        """float32 [rows, classes]."""
        scores: FloatArray = inputs.dense @ self.dense + inputs.sparse @ self.sparse + self.bias
        return scores

    def parameters(self) -> list[FloatArray]:
        """The arrays that are fitted."""
        return [self.dense, self.sparse, self.bias]

    def copy(self) -> SoftmaxRegression:
        """A copy that further fitting leaves alone."""
        return SoftmaxRegression(*(p.copy() for p in self.parameters()))


@dataclass(frozen=True)
class Labelled:
    """Rows with their classes, int [rows]."""

    inputs: Inputs
    labels: IntArray


def fit(train: Labelled, valid: Labelled, classes: int, seed: int) -> tuple[SoftmaxRegression, float]:
    """Fits with several weight decays; the valid split chooses the decay and the epoch.

    Returns:
        The model and its accuracy on the valid split.
    """
    fitted = [_fit(train, valid, classes, decay, seed) for decay in _DECAYS]
    return max(fitted, key=lambda pair: pair[1])


def _fit(
    train: Labelled, valid: Labelled, classes: int, decay: float, seed: int
) -> tuple[SoftmaxRegression, float]:
    # The step size falls linearly to 0; the decay is decoupled from the gradient, as in AdamW.
    inputs, labels = train.inputs, train.labels
    random = np.random.default_rng(seed)
    shapes = ((inputs.dense.shape[1], classes), (inputs.sparse.shape[1], classes), (classes,))
    model = SoftmaxRegression(*(np.zeros(shape, np.float32) for shape in shapes))
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in model.parameters()]
    best, best_accuracy = model, -1.0
    size = min(_BATCH, max(1, len(labels) // _STEPS_PER_EPOCH))
    steps = _EPOCHS * -(-len(labels) // size)
    step = 0
    for _ in range(_EPOCHS):
        order = random.permutation(len(labels))
        for start in range(0, len(labels), size):
            step += 1
            rate = _RATE * (1 - (step - 1) / steps)
            index = np.sort(order[start : start + size])
            gradients = _gradients(model, inputs.rows(index), labels[index])
            for parameter, moment, gradient in zip(model.parameters(), moments, gradients, strict=True):
                _adam(parameter, moment, gradient, rate, decay if parameter.ndim > 1 else 0.0, step)
        accuracy = float((model.predict(valid.inputs) == valid.labels).mean())
        if accuracy > best_accuracy:
            best, best_accuracy = model.copy(), accuracy
    return best, best_accuracy


def _gradients(model: SoftmaxRegression, batch: Inputs, labels: IntArray) -> list[FloatArray]:
    scores = model.logits(batch)
    scores -= scores.max(axis=1, keepdims=True)
    error = np.exp(scores, out=scores)
    error /= error.sum(axis=1, keepdims=True)
    error[np.arange(len(labels)), labels] -= 1
    error /= len(labels)
    return [batch.dense.T @ error, np.asarray(batch.sparse.T @ error), error.sum(axis=0)]


def _adam(
    parameter: FloatArray,
    moment: tuple[FloatArray, FloatArray],
    gradient: FloatArray,
    rate: float,
    decay: float,
    step: int,
) -> None:
    first, second = moment
    first += np.float32(0.1) * (gradient - first)
    second += np.float32(0.001) * (gradient * gradient - second)
    scale = np.sqrt(second / np.float32(1 - 0.999**step)) + np.float32(1e-8)
    parameter *= np.float32(1 - rate * decay)
    parameter -= np.float32(rate / (1 - 0.9**step)) * first / scale
