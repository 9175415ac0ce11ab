"""A trained agent as a policy."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from components.agent_training.save_agent import BATCH, OUTPUT
from components.model_folder import ModelFolder
from components.playlist_simulation.observation import Floats, Observation
from components.playlist_simulation.policy import Policy
from components.saved_model import load_saved_model
from noria.errors import DataError


class AgentPolicy(Policy):
    """Plays a TrainedModel folder's signature ``batch``."""

    def __init__(self, folder: Path, name: str = "") -> None:
        """Raises DataError where the model has no such signature.

        Args:
            folder: The TrainedModel folder.
            name: For tables; empty: the model's.
        """
        model = ModelFolder.load(folder)
        self.name = name or model.card.name
        self._model = load_saved_model(model.saved_model, model.card.op_libraries)
        if BATCH not in self._model.signatures:
            raise DataError(f"{model.saved_model} has no signature {BATCH!r}", hint="give an agent's folder")
        self._call = self._model.signatures[BATCH]

    def scores(self, seen: Observation) -> Floats:
        """See Policy."""
        found = self._call(
            state=tf.constant(seen.state, tf.float32),
            candidates=tf.constant(seen.candidates, tf.float32),
            mask=tf.cast(seen.mask, tf.float32),
        )
        scores: Floats = found[OUTPUT].numpy()
        return scores
