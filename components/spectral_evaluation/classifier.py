"""A TrainedModel folder as a function from many images to classes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from components.field_ingest.field_set import Floats, Ints
from components.model_folder import ModelFolder
from components.saved_model import load_saved_model
from noria.errors import DataError

INPUT, OUTPUT, BATCH = "image", "logits", "batch"
_IMAGES_AT_ONCE = 1024

Classifier = Callable[[Floats], Ints]


def load_classifier(model: ModelFolder, shape: tuple[int, int], classes: tuple[str, ...]) -> Classifier:
    """Loads a classifier: float32 [n, H, W] to int64 [n].

    Args:
        model: The folder.
        shape: [H, W] of the images that it will be given.
        classes: Their classes.

    Raises:
        DataError: It takes other images or tells other classes, or has no signature for many images.
    """
    card = model.card
    taken = {name: spec.shape for name, spec in card.signature.inputs.items()}
    if taken != {INPUT: (1, *shape)}:
        raise DataError(f"{card.name} ({model.path}) takes {taken}, expected {INPUT!r} of {(1, *shape)}")
    if card.classes != classes:
        raise DataError(f"{card.name} ({model.path}) tells the classes {card.classes}, expected {classes}")
    loaded = load_saved_model(model.saved_model, card.op_libraries)
    if BATCH not in loaded.signatures:
        raise DataError(
            f"{model.saved_model} has no signature {BATCH!r}, only {sorted(loaded.signatures)}",
            hint="save it with a signature that takes any number of images",
        )

    def classify(images: Floats) -> Ints:
        # From ``loaded`` each time: a signature alone does not keep the model's variables.
        call = loaded.signatures[BATCH]
        parts = [images[start : start + _IMAGES_AT_ONCE] for start in range(0, len(images), _IMAGES_AT_ONCE)]
        logits = np.concatenate([call(**{INPUT: tf.constant(part)})[OUTPUT].numpy() for part in parts])
        if not np.isfinite(logits).all():
            raise DataError(
                f"{card.name} gives {int((~np.isfinite(logits)).any(axis=1).sum())} of {len(images)} images "
                "logits that are no finite numbers",
                hint="look at the loss in the report of spectral_training",
            )
        found: Ints = logits.argmax(axis=1).astype(np.int64)
        return found

    return classify
