"""Trained policies as players: the SavedModel many boards at a time, the exported file one at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.board_games.game import Actions, Bools, Floats, GameSpec
from components.model_card import Signature
from components.model_folder import ModelFolder
from components.saved_model import load_saved_model
from components.tflite_runner import TfliteRunner
from noria.errors import DataError

INPUT, OUTPUT, BATCH = "board", "scores", "batch"


class Policy:
    """A player that takes the cell with the highest score; of equal ones the first."""

    def __init__(self, name: str, spec: GameSpec) -> None:
        self.name = name
        self.spec = spec

    def scores(self, boards: Floats) -> Floats:
        """Scores of boards [boards, rows, columns] as GameBatch.observe gives them: [boards, actions]."""
        raise NotImplementedError

    def act(self, boards: Floats) -> Actions:
        """The best cell of each board, legal or not: int64 [boards].

        Raises:
            DataError: There is not one finite score per board and cell.
        """
        scores = self.scores(boards)
        if scores.shape != (len(boards), self.spec.actions):
            raise DataError(
                f"{self.name} answers with {list(scores.shape)} scores for {len(boards)} boards, expected "
                f"[{len(boards)}, {self.spec.actions}]"
            )
        if bad := int((~np.isfinite(scores)).any(axis=1).sum()):
            raise DataError(
                f"{self.name} gives {bad} of {len(boards)} boards a score that is no finite number",
                hint="look at the loss in the report of policy_training",
            )
        actions: Actions = scores.argmax(axis=1).astype(np.int64)
        return actions

    def __call__(self, boards: Floats, legal: Bools) -> Actions:
        """Plays as components.board_games.moves.Player.

        ``legal`` is not looked at: the mask has to be inside the model, and who plays with it checks.
        """
        del legal
        return self.act(boards)

    def probabilities(self, boards: Floats) -> npt.NDArray[np.float64]:
        """Softmax of the scores: [boards, rows, columns]."""
        scores = self.scores(boards).astype(np.float64)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray((weights / weights.sum(axis=1, keepdims=True)).reshape(boards.shape))


class SavedModelPolicy(Policy):
    """A TrainedModel folder, played through its signature ``batch``."""

    def __init__(self, name: str, spec: GameSpec, call: Any) -> None:
        super().__init__(name, spec)
        self._call = call

    @classmethod
    def load(cls, folder: ModelFolder, spec: GameSpec) -> Self:
        """Loads the SavedModel.

        Raises:
            DataError: It was trained on another game, or has no such signature.
        """
        card = folder.card
        if (game := card.facts.get("game")) != spec.name:
            raise DataError(
                f"{card.name} ({folder.path}) was trained on the game {game!r}, not {spec.name!r}"
            )
        check_signature(card.name, card.signature, spec)
        model = load_saved_model(folder.saved_model, card.op_libraries)
        if BATCH not in model.signatures:
            raise DataError(
                f"{folder.saved_model} has no signature {BATCH!r}, only {sorted(model.signatures)}",
                hint="save it with a signature that takes any number of boards",
            )
        call = model.signatures[BATCH]
        if OUTPUT not in call.structured_outputs:
            raise DataError(
                f"{folder.saved_model}: {BATCH} has outputs {sorted(call.structured_outputs)}, expected "
                f"{OUTPUT!r}"
            )
        return cls(card.name, spec, call)

    def scores(self, boards: Floats) -> Floats:
        found: Floats = self._call(**{INPUT: tf.constant(boards, tf.float32)})[OUTPUT].numpy()
        return found


class TflitePlayer(Policy):
    """An exported file, played one board at a time as a phone does."""

    def __init__(self, file: Path, spec: GameSpec) -> None:
        if not file.is_file():
            raise DataError(f"there is no file {file}", hint="give the output folder of tflite_export")
        super().__init__(file.name, spec)
        self._run = TfliteRunner(file.read_bytes())
        check_signature(str(file), self._run.signature, spec)

    def scores(self, boards: Floats) -> Floats:
        found = [self._run({INPUT: board[None]})[OUTPUT][0] for board in boards]
        return np.stack(found) if found else np.zeros((0, self.spec.actions), np.float32)


def check_signature(what: str, signature: Signature, spec: GameSpec) -> None:
    """Raises DataError unless a model takes one board of the game and gives a score per cell."""
    got = {
        **{name: tensor.shape for name, tensor in signature.inputs.items()},
        **{name: tensor.shape for name, tensor in signature.outputs.items()},
    }
    expected = {INPUT: (1, spec.rows, spec.columns), OUTPUT: (1, spec.actions)}
    if got != expected:
        raise DataError(f"{what} has the tensors {got}, expected {expected} for {spec.name}")
