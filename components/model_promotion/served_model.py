"""What MLflow runs for a registered model. The file travels inside the model and imports nothing of Noria.

``predict`` takes the signature's inputs by name, each [examples, *input shape], and gives its outputs by
name, each [examples, *output shape]. It runs the TFLite file where the model has one, else the SavedModel.
"""

import importlib
import json
from pathlib import Path

import mlflow
import numpy as np
from mlflow.pyfunc import PythonModel

_SIGNATURE = "serving_default"


class ServedModel(PythonModel):
    """A model registered by Noria."""

    def load_context(self, context):  # type: ignore[no-untyped-def]
        """Opens the TFLite file or the SavedModel among the model's artifacts."""
        if "tflite" in context.artifacts:
            from ai_edge_litert.interpreter import Interpreter

            file = Path(context.artifacts["tflite"]) / "model.tflite"
            self._interpreter = Interpreter(model_path=str(file), num_threads=1)
            self._run = self._interpreter.get_signature_runner(_SIGNATURE)
        else:
            import tensorflow as tf

            folder = Path(context.artifacts["model"])
            card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            for module in card.get("op_libraries", ()):
                # Importing it registers the operators that the SavedModel is made of.
                importlib.import_module(module)
            self._model = tf.saved_model.load(str(folder / "saved_model"))
            call = self._model.signatures[_SIGNATURE]
            self._run = lambda **inputs: {
                name: value.numpy()
                for name, value in call(**{k: tf.constant(v) for k, v in inputs.items()}).items()
            }

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ARG002
        """Runs the examples one after the other."""
        names = list(model_input)
        rows = [
            self._run(**dict(zip(names, sample, strict=True)))
            for sample in zip(*(model_input[name] for name in names), strict=True)
        ]
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


mlflow.models.set_model(ServedModel())
