"""The loop of training: play and learn, now and then evaluate and keep a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from components.agent_training.actor import Scores
from components.agent_training.agents import Agent, make_agent
from components.agent_training.config import PolicyGradientConfig, QLearningConfig, agent_name
from components.playlist_simulation.environment import BatchEnvironment
from components.playlist_simulation.observation import Floats, Observation
from components.reinforcement_learning.checkpoints import Progress, load_checkpoint, save_checkpoint
from noria.errors import NoriaError

# Steps of random play that inputs are standardised by.
_LOOK_AROUND = 20
# Keeps the seeds of one training apart from those of others.
_SEEDS = 1_000_003


@dataclass(frozen=True)
class Training:
    """One agent with one seed.

    Attributes:
        config: The agent.
        seed: Of weights, episodes and choices.
        checkpoints: Folder of its checkpoint; it stays when training fails, and after the end.
    """

    config: QLearningConfig | PolicyGradientConfig
    seed: int
    checkpoints: Path

    @property
    def name(self) -> str:
        """For metrics and messages, e.g. ah_dqn_0."""
        return f"{agent_name(self.config)}_{self.seed}"


@dataclass(frozen=True)
class Trained:
    """The end of a training.

    Attributes:
        agent: Has the weights that were best by evaluation.
        history: Per evaluation: ``round``, ``steps`` played in all, ``updates``, ``return``, losses.
        best: Position of the best evaluation in ``history``.
    """

    agent: Agent
    history: list[dict[str, float]]
    best: int


def train(
    training: Training,
    environment: BatchEnvironment,
    evaluate: Callable[[Scores], float],
    report: Callable[[dict[str, float]], None] = lambda _: None,
    after_round: Callable[[int], None] = lambda _: None,
) -> Trained:
    """Trains to the end, from the training's checkpoint where there is one.

    An interrupted training that goes on ends with the same numbers as one that was not interrupted: at every
    checkpoint the environment starts afresh, with a seed of the round, in either case.

    Args:
        training: What to train; the same as that of the checkpoint.
        environment: Where it plays.
        evaluate: Mean return of the candidate with the best score on episodes held out.
        report: Given every entry of the history.
        after_round: Called with the number of rounds played.

    Raises:
        NoriaError: A loss is not a finite number. The last checkpoint is of a round before.
        DataError: The checkpoint cannot be read.
    """
    config = training.config
    # Else parallel operations may add in any order, and the same seed gives other weights.
    tf.config.experimental.enable_op_determinism()
    tf_keras.utils.set_random_seed(training.seed)
    agent = make_agent(environment.spec, config)
    random = np.random.default_rng(training.seed)
    progress = load_checkpoint(training.checkpoints)
    if progress is None:
        agent.adapt(_look_around(environment, _seed(training, 0), random))
        progress = Progress(0, _state(agent), {}, [], -1, [])
    else:
        _restore(agent, progress.state)
        random.bit_generator.state = progress.generator
        for metrics in progress.history:
            report(metrics)
    if progress.updates < config.rounds:
        seen = environment.reset(_seed(training, progress.updates + 1))
    for number in range(progress.updates, config.rounds):
        try:
            seen, losses = agent.play_round(environment, seen, number, random)
        except NoriaError as error:
            raise _with_checkpoint(error, training) from None
        done = number + 1
        last = done == config.rounds
        if done % config.evaluate_every == 0 or last:
            played = float(done * config.steps * environment.episodes)
            metrics = {"round": float(done), "steps": played, "updates": float(agent.updates)}
            metrics["return"] = evaluate(agent.scores)
            _note(progress, metrics | losses, agent)
            report(progress.history[-1])
        if done % config.checkpoint_every == 0 or last:
            progress.updates, progress.state = done, _state(agent, memory=not last)
            progress.generator = dict(random.bit_generator.state)
            save_checkpoint(training.checkpoints, progress)
            if not last:
                seen = environment.reset(_seed(training, done + 1))
                agent.restarted()
        after_round(done)
    for variable, value in zip(agent.policy.variables, progress.best_state, strict=True):
        variable.assign(value)
    return Trained(agent, progress.history, progress.best)


def _seed(training: Training, number: int) -> int:
    return training.seed * _SEEDS + number


def _look_around(environment: BatchEnvironment, seed: int, random: np.random.Generator) -> Observation:
    seen = [environment.reset(seed)]
    for _ in range(_LOOK_AROUND):
        mask = seen[-1].mask
        seen.append(environment.step(np.where(mask, random.random(mask.shape), -1.0).argmax(axis=1)).seen)
    first, *_ = seen
    whole = {name: np.concatenate([getattr(s, name) for s in seen]) for name in vars(first)}
    return replace(first, **whole)


def _state(agent: Agent, *, memory: bool = True) -> list[Floats]:
    weights = [variable.numpy() for variable in agent.variables()]
    return [np.array([agent.updates]), *weights, *(agent.memory() if memory else [])]


def _restore(agent: Agent, state: list[Floats]) -> None:
    variables = agent.variables()
    agent.updates = int(state[0][0])
    for variable, value in zip(variables, state[1:], strict=False):
        variable.assign(value)
    # A finished training keeps its weights only.
    if memory := state[1 + len(variables) :]:
        agent.remember(memory)
        agent.restarted()


def _note(progress: Progress, metrics: dict[str, float], agent: Agent) -> None:
    progress.history.append(metrics)
    if progress.best < 0 or metrics["return"] > progress.history[progress.best]["return"]:
        progress.best = len(progress.history) - 1
        progress.best_state = [variable.numpy() for variable in agent.policy.variables]


def _with_checkpoint(error: NoriaError, training: Training) -> NoriaError:
    kept = load_checkpoint(training.checkpoints)
    told = (
        f"the last checkpoint, of round {kept.updates}, is kept in {training.checkpoints}"
        if kept
        else "no checkpoint was kept yet"
    )
    return NoriaError(
        f"agent_training: {agent_name(training.config)} with seed {training.seed} {error.message}; {told}",
        hint=error.hint,
    )
