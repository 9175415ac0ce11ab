"""The layout of a UserModels artifact, and its models as the simulator calls them.

Layout::

    user_models.json   UserModelsFacts
    <name>/            SavedModel with signatures ``start``, ``complete``, ``listen`` for any number of rows
    report.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
from pydantic import ConfigDict, Field

from components.playlist_simulation.observation import Floats, ObservationSpec
from components.saved_model import load_saved_model
from noria.errors import DataError
from noria.files import read_json, write_json
from noria.typed_config import TypedConfig, parse_config

_FILE = "user_models.json"
_SIGNATURES = ("start", "complete", "listen")


class CalibrationFacts(TypedConfig):
    """Groups of tracks with similar predictions."""

    predicted: list[float] = Field(description="Mean prediction per group, ascending.")
    actual: list[float] = Field(description="Mean of what happened per group.")
    tracks: list[int] = Field(description="Tracks per group.")


class UserModelFacts(TypedConfig):
    """One model."""

    model_config = ConfigDict(allow_inf_nan=True)

    memory: int = Field(ge=0, description="Units of its memory; 0 = none.")
    parameters: int = Field(description="Trained numbers.")
    epoch: int = Field(description="The epoch, from 1, whose weights were kept.")
    validation: dict[str, float] = Field(description="Metrics on the validation split.")
    test: dict[str, float] = Field(description="Metrics on the test split.")
    completion: CalibrationFacts = Field(description="Calibration of completing, test split.")
    leaving: CalibrationFacts = Field(description="Calibration of leaving, test split.")


class UserModelsFacts(TypedConfig):
    """``user_models.json``."""

    model_config = ConfigDict(allow_inf_nan=True)

    chosen: str = Field(description="The model that agents train with.")
    state: tuple[str, ...] = Field(description="Columns of the state that models read.")
    candidate: tuple[str, ...] = Field(description="Columns of a candidate that models read.")
    longest: int = Field(description="Tracks of the longest session they were trained on.")
    models: dict[str, UserModelFacts] = Field(description="The models by name.")
    baselines: dict[str, dict[str, float]] = Field(description="Baselines' metrics on the test split.")

    @classmethod
    def load(cls, folder: Path) -> UserModelsFacts:
        """Reads ``user_models.json``; raises DataError where there is none."""
        if not (folder / _FILE).is_file():
            raise DataError(f"{folder} holds no {_FILE}", hint="give user_model_training's output folder")
        return parse_config(cls, read_json(folder / _FILE), origin=str(folder / _FILE))

    def save(self, folder: Path) -> None:
        """Writes ``user_models.json``."""
        write_json(folder / _FILE, self.model_dump(mode="json"))


class TensorUserModel:
    """A user model (``playlist_simulation.listeners.UserModel``) out of TensorFlow functions.

    Attributes:
        name: Of the model.
    """

    def __init__(self, name: str, functions: Mapping[str, Callable[..., Any]], owner: object = None) -> None:
        """``functions``: ``start``, ``complete`` and ``listen``, see ``UserNetwork.functions``.

        ``owner`` is what holds their variables: functions alone do not keep them alive.
        """
        self.name = name
        self._owner = owner
        self._start, self._complete, self._listen = (functions[key] for key in _SIGNATURES)

    def start(self, state: Floats) -> Floats:
        """See UserModel."""
        memory: Floats = self._start(state=tf.constant(state))["memory"].numpy()
        return memory

    def complete(self, memory: Floats, state: Floats, candidates: Floats) -> Floats:
        """See UserModel."""
        found = self._complete(
            memory=tf.constant(memory), state=tf.constant(state), candidates=tf.constant(candidates)
        )
        probabilities: Floats = found["probabilities"].numpy()
        return probabilities

    def listen(
        self, memory: Floats, state: Floats, chosen: Floats, responses: Floats
    ) -> tuple[Floats, Floats]:
        """See UserModel."""
        found = self._listen(
            memory=tf.constant(memory),
            state=tf.constant(state),
            chosen=tf.constant(chosen),
            responses=tf.constant(responses),
        )
        return found["memory"].numpy(), found["leaving"].numpy()


def save_user_model(folder: Path, name: str, network: tf.Module, functions: Mapping[str, Any]) -> None:
    """Writes the SavedModel of one model; ``folder`` is the artifact's."""
    tf.saved_model.save(network, str(folder / name), signatures=dict(functions))


def load_user_model(
    folder: Path, name: str | None = None, spec: ObservationSpec | None = None
) -> TensorUserModel:
    """Loads a model of a UserModels folder.

    Args:
        folder: The artifact's folder.
        name: Which model; None or "": the chosen one.
        spec: The observations that it will be asked about; None: not checked.

    Raises:
        DataError: No such folder or model, or it was trained on other observations.
    """
    facts = UserModelsFacts.load(folder)
    name = name or facts.chosen
    if name not in facts.models:
        raise DataError(
            f"{folder} holds no user model {name!r}, only {', '.join(sorted(facts.models))}",
            hint="name one of them, or train it: user_model_training.models",
        )
    if spec is not None and (spec.state, spec.candidate) != (facts.state, facts.candidate):
        theirs, ours = {*facts.state, *facts.candidate}, {*spec.state, *spec.candidate}
        raise DataError(
            f"user model {name!r} of {folder} was trained on other observations: it alone knows "
            f"{sorted(theirs - ours)}, it does not know {sorted(ours - theirs)}",
            hint="train it on the session log that is simulated",
        )
    loaded = load_saved_model(folder / name)
    return TensorUserModel(name, loaded.signatures, loaded)
