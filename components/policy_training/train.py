"""The loop of training: play, learn, now and then evaluate and keep a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components import tracking
from components.board_games.game import Game
from components.board_games.moves import Player
from components.board_games.players import perfect_player, random_player
from components.policy_training.actor import play_games
from components.policy_training.config import PolicyTrainingConfig
from components.policy_training.learner import Learner
from components.policy_training.objectives import Objective, argmax_player
from components.reinforcement_learning.checkpoints import Progress, load_checkpoint, save_checkpoint
from noria.errors import NoriaError


@dataclass(frozen=True)
class Trained:
    """The end of a training.

    Attributes:
        learner: Has the weights that were best by the objective.
        history: Per evaluation: ``update``, the objective's metrics, the last update's losses, and
            ``sampled_return``, the mean return of the games that were learned from.
        best: Position of the best evaluation in ``history``.
    """

    learner: Learner
    history: list[dict[str, float]]
    best: int


def train(
    game: Game,
    objective: Objective,
    config: PolicyTrainingConfig,
    checkpoints: Path,
    after_update: Callable[[int], None] = lambda _: None,
) -> Trained:
    """Trains to the end, from the checkpoint in ``checkpoints`` where there is one.

    An interrupted training that goes on ends with the same numbers as one that was not interrupted.

    Args:
        game: What to play.
        objective: What decides which weights are best.
        config: Everything else; the same as that of the checkpoint.
        checkpoints: Folder of the checkpoint; it stays when training fails.
        after_update: Called with the number of updates made.

    Raises:
        NoriaError: A loss is not a finite number. The last checkpoint is of an update before.
        DataError: The checkpoint cannot be read.
    """
    learner = Learner(game.spec, config)
    random = np.random.default_rng(config.seed)
    progress = load_checkpoint(checkpoints)
    if progress is None:
        progress = Progress(0, learner.state(), {}, [], -1, [])
    else:
        learner.restore(progress.state)
        random.bit_generator.state = progress.generator
        for metrics in progress.history:
            _report(metrics)
    opponents = _opponents(game, config, random)
    for update in range(progress.updates, config.updates):
        moves = play_games(
            game,
            learner.scores,
            config.games,
            random,
            discount=config.discount,
            trace=config.trace if game.spec.players == 1 else 1.0,
            value=learner.value,
            opponents=opponents,
        )
        try:
            losses = learner.learn(moves, update, random)
        except NoriaError as error:
            raise _with_checkpoint(error, checkpoints) from None
        done = update + 1
        last = done == config.updates
        if done % config.evaluate_every == 0 or last:
            metrics = objective.evaluate(argmax_player(learner.scores))
            _note(progress, {"update": done, **metrics, **losses, "sampled_return": moves.score}, objective)
            if progress.best == len(progress.history) - 1:
                progress.best_state = learner.state()
        if done % config.checkpoint_every == 0 or last:
            progress.updates, progress.state = done, learner.state()
            progress.generator = dict(random.bit_generator.state)
            save_checkpoint(checkpoints, progress)
        tracking.progress(done, config.updates, "updates")
        after_update(done)
    learner.restore(progress.best_state)
    return Trained(learner, progress.history, progress.best)


def _opponents(
    game: Game, config: PolicyTrainingConfig, random: np.random.Generator
) -> Mapping[Player, float]:
    if game.spec.players == 1:
        return {}
    shares = {random_player(random): config.opponents.random}
    # Others' games have no perfect player.
    if config.opponents.perfect:
        shares[perfect_player] = config.opponents.perfect
    return shares


def _note(progress: Progress, metrics: dict[str, float], objective: Objective) -> None:
    progress.history.append(metrics)
    _report(metrics)
    best = progress.best
    if best < 0 or objective.rank(metrics) < objective.rank(progress.history[best]):
        progress.best = len(progress.history) - 1


def _report(metrics: dict[str, Any]) -> None:
    values = {name: value for name, value in metrics.items() if name != "update"}
    tracking.metrics(values, epoch=int(metrics["update"]))


def _with_checkpoint(error: NoriaError, folder: Path) -> NoriaError:
    kept = load_checkpoint(folder)
    told = (
        f"the last checkpoint, of update {kept.updates}, is kept in {folder}" if kept else "none was kept yet"
    )
    return NoriaError(f"{error.message}; {told}", hint=error.hint)
