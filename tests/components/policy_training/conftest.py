"""Small trainings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from components.board_games.game import Game
from components.board_games.moves import Player
from components.policy_training.config import PolicyTrainingConfig
from components.policy_training.objectives import Objective


def small_config(**changes: object) -> PolicyTrainingConfig:
    """A training of seconds."""
    plain = {
        "games": 64,
        "updates": 60,
        "hidden": (16,),
        "learning_rate": 0.01,
        "evaluate_every": 10,
        "checkpoint_every": 20,
    }
    return PolicyTrainingConfig.model_validate(plain | changes)


def mean_return(game: Game) -> Objective:
    """Return of the player's own play; these games have no chance in them."""

    def evaluate(player: Player) -> dict[str, float]:
        batch, total = game.start(1, np.random.default_rng(0)), 0.0
        while not batch.over().all():
            total += float(batch.play(player(batch.observe(), batch.legal()))[0])
        return {"return": total}

    return Objective(evaluate, lambda metrics: (-metrics["return"],), {"return": "return"})


class StoppedError(Exception):
    """What an interruption is in these tests."""


def stop_after(updates: int) -> Callable[[int], None]:
    """For ``train(after_update=...)``: interrupts after so many updates."""

    def stop(done: int) -> None:
        if done == updates:
            raise StoppedError

    return stop
