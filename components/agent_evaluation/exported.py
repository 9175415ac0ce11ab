"""The exported file as a policy, one observation at a time as a phone plays it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.agent_evaluation.arena import Arena
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.observation import Floats, Ints, Observation, ObservationSpec
from components.playlist_simulation.policy import Policy
from components.tflite_runner import TfliteRunner
from noria.errors import DataError

SCORES = "scores"


@dataclass(frozen=True)
class ExportedPlay:
    """What the exported file reached.

    Attributes:
        sessions: That it played.
        returns: Its mean return.
        model_returns: The model's in the same sessions.
        equal_choices: Share of its choices that the model would have made, too.
    """

    sessions: int
    returns: float
    model_returns: float
    equal_choices: float


class ExportedPolicy(Policy):
    """Plays a TFLite file and remembers what it and the model would choose."""

    name = "exported"

    def __init__(self, file: Path, spec: ObservationSpec, model: Policy) -> None:
        """Raises DataError where there is no such file, or it takes other observations."""
        if not file.is_file():
            raise DataError(f"there is no file {file}", hint="give the output folder of tflite_export")
        self._run = TfliteRunner(file.read_bytes())
        signature = self._run.signature
        tensors = {**signature.inputs, **signature.outputs}
        got = {name: tensor.shape for name, tensor in tensors.items()}
        expected = {name: (1, *shape) for name, shape in spec.shapes.items()}
        expected[SCORES] = (1, spec.candidates)
        if got != expected:
            raise DataError(f"{file} has the tensors {got}, expected {expected}")
        self._model = model
        self.choices: list[tuple[Ints, Ints]] = []

    def begin(self, rows: Ints, seen: Observation) -> None:
        """See Policy."""
        self._model.begin(rows, seen)

    def scores(self, seen: Observation) -> Floats:
        """See Policy; the mask inside the file is the only one."""
        mask = seen.mask.astype(np.float32)
        scores: Floats = np.stack(
            [
                self._run({"state": state[None], "candidates": candidates[None], "mask": allowed[None]})[
                    SCORES
                ][0]
                for state, candidates, allowed in zip(seen.state, seen.candidates, mask, strict=True)
            ]
        )
        theirs = np.where(seen.mask, self._model.scores(seen), -np.inf)
        self.choices.append((scores.argmax(axis=1), theirs.argmax(axis=1)))
        return scores


def play_exported(
    file: Path, spec: ObservationSpec, model: Policy, arena: Arena, episodes: Episodes
) -> ExportedPlay:
    """Plays ``episodes`` with the exported file, and with the model it was made of."""
    policy = ExportedPolicy(file, spec, model)
    played = arena.play(policy, episodes)
    own, theirs = (np.stack(made, axis=1) for made in zip(*policy.choices, strict=True))
    heard = np.arange(own.shape[1]) < played.lengths[:, None]
    return ExportedPlay(
        sessions=len(episodes),
        returns=float(played.returns.mean()),
        model_returns=float(arena.play(model, episodes).returns.mean()),
        equal_choices=float((own == theirs)[heard].mean()),
    )
