"""A program of its own (Keras 3; everything else here runs Keras 2): an architecture in every format.

Arguments: constructor in keras.applications, pictures.npy, output folder. Writes <format>.tflite, or,
where the format is not possible, <format>.txt with the reason.
"""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from components.tflite_export.convert import convert
from components.tflite_export.formats import FORMATS
from noria.errors import NoriaError

_SEED = 1


def build(architecture: str, pictures: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> keras.Model:
    """The network with seeded random weights and logits as output.

    Its batch normalisations are set to the statistics of pictures [count, height, width, 3]: with those of a
    new network (mean 0, variance 1) the numbers would fade or grow from layer to layer, as in no trained one.
    """
    keras.utils.set_random_seed(_SEED)
    network = getattr(keras.applications, architecture)(
        input_shape=pictures.shape[1:], weights=None, classifier_activation=None
    )
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    network(pictures, training=True)
    return network


def main(architecture: str, pictures: Path, folder: Path) -> None:
    """Builds, exports and converts."""
    data = np.load(pictures)
    network = build(architecture, data)
    spec = tf.TensorSpec((1, *data.shape[1:]), tf.float32, name="image")
    call = tf.function(lambda image: {"logits": network(image, training=False)}, input_signature=[spec])
    archive = keras.export.ExportArchive()
    archive.track(network)
    archive.add_endpoint("serving_default", call)
    archive.write_out(str(folder / "saved_model"), verbose=False)
    for format in FORMATS:
        try:
            (folder / f"{format}.tflite").write_bytes(
                convert(folder / "saved_model", format, {"image": data[:, None]})
            )
        except NoriaError as error:
            (folder / f"{format}.txt").write_text(error.message, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
