"""What simple classifiers reach on the same images.

majority             the most frequent training class
nearest_neighbours   on pixels, Euclidean distance; validation chooses the number of neighbours
logistic_regression  on pixels; validation chooses weight decay and epoch
feature_regression   the same on spectral features: what the classifier's hidden layers have to beat
shifted_pixels       the layers of raw_pixels, trained on randomly shifted images: what shifts can be taught
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from components.classification.softmax_regression import Inputs, Labelled, fit
from components.field_ingest.field_set import Floats
from components.spectral_evaluation.classifier import Classifier
from components.spectral_evaluation.shifted import circular
from components.spectral_training.config import SpectralTrainingConfig
from components.spectral_training.train import Labelled as Images
from components.spectral_training.train import train

_LEAST_DEVIATION = 0.02


def majority(train_images: Images) -> Classifier:
    """Always the most frequent class; of equal ones the first."""
    most = int(np.bincount(train_images.labels).argmax())
    return lambda images: np.full(len(images), most, np.int64)


def fit_baselines(
    train_images: Images,
    valid: Images,
    classes: int,
    features: Callable[[Floats], Floats],
    neighbours: tuple[int, ...],
    seed: int,
) -> dict[str, Classifier]:
    """Fits the three in the middle.

    Args:
        train_images: Images float32 [n, H, W] and labels to fit.
        valid: To choose by.
        classes: Number of classes.
        features: Images to spectral features [n, F].
        neighbours: Numbers of neighbours to try.
        seed: Of the regressions' batches.
    """
    with threadpool_limits(1):
        return {
            "nearest_neighbours": _neighbours(train_images, valid, neighbours),
            "logistic_regression": _regression(train_images, valid, classes, _pixels, seed),
            "feature_regression": _regression(train_images, valid, classes, features, seed),
        }


def fit_shifted(
    train_images: Images, valid: Images, classes: int, copies: int, config: SpectralTrainingConfig
) -> Classifier:
    """Fits dense layers on pixels of circularly shifted images.

    Args:
        train_images: Images float32 [n, H, W] and labels to fit.
        valid: To choose by; each is shifted once.
        classes: Number of classes.
        copies: Shifts of each training image.
        config: Budget of parameters, epochs, trials; seed.
    """
    random = np.random.default_rng(config.seed)

    def moved(images: Images, times: int) -> Images:
        many = np.tile(images.inputs, (times, 1, 1))
        down, right = (random.integers(0, size, len(many)) for size in many.shape[1:])
        return Images(_pixels(circular(many, down, right)), np.tile(images.labels, times))

    trained = train(moved(train_images, copies), moved(valid, 1), classes, config, shared=True)
    return lambda images: np.asarray(trained.model(_pixels(images)).numpy().argmax(axis=1), np.int64)


def _neighbours(train_images: Images, valid: Images, numbers: tuple[int, ...]) -> Classifier:
    possible = sorted({min(number, len(train_images.labels)) for number in numbers})
    fitted = [
        KNeighborsClassifier(n_neighbors=number, algorithm="brute").fit(
            _pixels(train_images.inputs), train_images.labels
        )
        for number in possible
    ]
    best = max(fitted, key=lambda one: float((one.predict(_pixels(valid.inputs)) == valid.labels).mean()))
    return lambda images: np.asarray(best.predict(_pixels(images)), np.int64)


def _regression(
    train_images: Images, valid: Images, classes: int, rows: Callable[[Floats], Floats], seed: int
) -> Classifier:
    columns = rows(train_images.inputs)
    mean, deviation = columns.mean(axis=0), np.maximum(columns.std(axis=0), _LEAST_DEVIATION)

    def inputs(images: Floats) -> Inputs:
        dense = ((rows(images) - mean) / deviation).astype(np.float32)
        return Inputs(dense, sparse.csr_matrix((len(images), 0), dtype=np.float32))

    model, _ = fit(
        Labelled(inputs(train_images.inputs), train_images.labels),
        Labelled(inputs(valid.inputs), valid.labels),
        classes,
        seed,
    )
    return lambda images: np.asarray(model.predict(inputs(images)), np.int64)


def _pixels(images: Floats) -> Floats:
    return images.reshape(len(images), -1)
