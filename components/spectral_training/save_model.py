"""Writes a classifier of images as a TrainedModel folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from components.field_ingest.field_set import Floats, Ints
from components.model_card import SIGNATURE_KEY, ModelCard, Signature, TensorSpec
from components.model_folder import CALIBRATION_SAMPLES, save_model_folder
from components.signature_contract import write_function_type
from components.spectral_training.train import Labelled

INPUT, OUTPUT, BATCH = "image", "logits", "batch"


class PixelTransform(tf.Module):
    """Images float32 [n, H, W] to rows of pixels float32 [n, H * W]: what the raw classifier takes."""

    def __init__(self, shape: tuple[int, int]) -> None:
        super().__init__(name="pixel_transform")
        self.shape = shape

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Rows float32 [n, H * W] of images float32 [n, H, W]."""
        return tf.reshape(images, [-1, self.shape[0] * self.shape[1]])


class ImageClassifier(tf.Module):
    """Images float32 [n, H, W] to logits [n, classes]: a transform, then the trained layers."""

    def __init__(self, transform: Callable[[tf.Tensor], tf.Tensor], layers: Any) -> None:
        super().__init__(name="image_classifier")
        self.transform = transform
        self.layers = layers

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Logits."""
        return self.layers(self.transform(images), training=False)


def save_classifier(
    folder: Path,
    name: str,
    classifier: ImageClassifier,
    test: Labelled,
    valid: Floats,
    classes: tuple[str, ...],
    examples: int,
    facts: Mapping[str, Any],
    valid_labels: Ints | None = None,
) -> None:
    """Saves with two signatures: ``serving_default`` takes one image, ``batch`` any number.

    Args:
        folder: The TrainedModel folder.
        name: For the card.
        classifier: What is saved.
        test: Images [n, H, W] and labels of the test split; so many of them are kept as examples.
        valid: Images [n, H, W] of the validation split, to quantize and to choose a format by.
        classes: Class names.
        examples: How many examples at most, evenly taken.
        facts: For the card.
        valid_labels: Labels of ``valid``; None: a format is chosen by agreement.
    """
    height, width = test.inputs.shape[1:]

    def signature(images: int | None) -> Any:
        def run(image: tf.Tensor) -> dict[str, tf.Tensor]:
            return {OUTPUT: tf.ensure_shape(classifier(image), [images, len(classes)])}

        shape = tf.TensorSpec([images, height, width], tf.float32, name=INPUT)
        return tf.function(run).get_concrete_function(image=shape)

    signatures = {SIGNATURE_KEY: signature(1), BATCH: signature(None)}
    tf.saved_model.save(classifier, str(folder / "saved_model"), signatures=signatures)
    card = ModelCard(
        name=name,
        keras=2,
        task="classification",
        primary_output=OUTPUT,
        signature=Signature(
            inputs={INPUT: TensorSpec(shape=(1, height, width), dtype="float32")},
            outputs={OUTPUT: TensorSpec(shape=(1, len(classes)), dtype="float32")},
        ),
        classes=classes,
        facts=dict(facts),
    )
    write_function_type(folder, signatures[SIGNATURE_KEY])
    chosen, kept = _evenly(len(test.labels), examples), _evenly(len(valid), CALIBRATION_SAMPLES)
    save_model_folder(
        folder,
        card,
        {INPUT: test.inputs[chosen][:, None]},
        labels=test.labels[chosen],
        calibration={INPUT: valid[kept][:, None]},
        calibration_labels=None if valid_labels is None else valid_labels[kept],
    )


def _evenly(rows: int, limit: int) -> Ints:
    return np.unique(np.linspace(0, rows - 1, limit).astype(np.int64))
