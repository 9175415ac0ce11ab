"""Learner steps per second of AH-DQN beside TF-Agents' double DQN on the same network.

    python -m benchmarks.agents [--batch 64 256] [--json FILE]      (needs the extra tf-agents)

Both run in this process, on one TensorFlow thread, in turns, and are measured in CPU seconds. Both draw
transitions uniformly from a replay of their own with the same content, and take a step of double Q-learning
with Huber loss, Adam as TensorFlow's fused operator and a soft target update; both networks are the same
Keras model with the same first weights, so that from the same transitions they get the same weights
(tests/benchmarks/test_agents.py). Sizes are those of the playlist pipeline; what is in the transitions is
random, for it does not matter to the time. Batches are TF-Agents' default and ours. Two ratios: of the step
on transitions that are given, and of drawing and step together. Compilation and one repetition are not
counted.

Ours is less work because Q(state, candidate) looks at its own candidate only: the gradient needs the chosen
one, not all. TF-Agents' agent takes networks that answer for all actions at once.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

# TF-Agents is of the time of Keras 2.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import numpy as np
import tensorflow as tf

from benchmarks.results import load_before, write_results
from components.agent_training.config import QLearningConfig
from components.agent_training.dqn_learner import QLearner
from components.agent_training.replay import Replay, Transitions
from components.playlist_simulation.environment import Step
from components.playlist_simulation.observation import Observation, ObservationSpec

SPEC = ObservationSpec(
    tuple(f"state_{i}" for i in range(48)), tuple(f"candidate_{i}" for i in range(16)), candidates=20
)
RATE = 0.001


@dataclass(frozen=True)
class Contestant:
    """``steps`` takes so many learner steps: on given transitions, or drawing them."""

    steps: Callable[[int], None]
    drawn_steps: Callable[[int], None]


def config(batch: int) -> QLearningConfig:
    """One-step returns and uniform replay, as TF-Agents' agent has them without more ado."""
    return QLearningConfig(batch=batch, n_step=1, replay="uniform", capacity=20000, learning_rate=RATE)


def played(config: QLearningConfig, seed: int = 0) -> list[tuple[Observation, Any, Step]]:
    """Random time steps that fill the replay."""
    random, rows, played = np.random.default_rng(seed), config.episodes, []
    for _ in range(config.capacity // rows):
        mask = random.random((rows, SPEC.candidates)) < 0.8
        mask[:, 0] = True
        seen = Observation(
            random.normal(size=(rows, len(SPEC.state))).astype(np.float32),
            random.normal(size=(rows, SPEC.candidates, len(SPEC.candidate))).astype(np.float32),
            mask,
            np.zeros(mask.shape, np.int64),
        )
        actions = np.where(mask, random.random(mask.shape), -1.0).argmax(axis=1)
        step = Step(random.random(rows, np.float32), random.random(rows) < 0.1, seen)
        played.append((seen, actions, step))
    return played


def ours(config: QLearningConfig, learner: QLearner) -> Contestant:
    """Replay and learner as agent_training uses them: several steps per call."""
    replay, random = Replay(SPEC, config), np.random.default_rng(0)
    for seen, actions, step in played(config):
        replay.add(seen, actions, step)

    def draw() -> Transitions:
        return replay.sample(config.learner_steps, random, 1.0, chosen_only=True)

    # As tensors, for TF-Agents is given tensors, too.
    given = draw()
    given = replace(given, **{name: tf.constant(values) for name, values in vars(given).items()})

    def steps(count: int) -> None:
        for _ in range(count // config.learner_steps):
            learner.learn(given, RATE)

    def drawn_steps(count: int) -> None:
        for _ in range(count // config.learner_steps):
            learner.learn(draw(), RATE)

    return Contestant(steps, drawn_steps)


def compare(batch: int, steps: int, repetitions: int) -> dict[str, Any]:
    """Measures both in turns; see the module."""
    from benchmarks.tf_agents_dqn import tf_agents

    settings = config(batch)
    contestants = {
        "noria": ours(settings, QLearner(SPEC, settings)),
        "tf_agents": tf_agents(settings, played(settings)),
    }
    result: dict[str, Any] = {"batch": batch, "count": steps, "repetitions": repetitions}
    for what in ("steps", "drawn_steps"):
        rates: dict[str, list[float]] = {name: [] for name in contestants}
        for repetition in range(repetitions + 1):
            for name, contestant in contestants.items():
                started = time.process_time()
                getattr(contestant, what)(steps)
                seconds = time.process_time() - started
                if repetition:
                    rates[name].append(steps / seconds)
        ratios = [a / b for a, b in zip(rates["noria"], rates["tf_agents"], strict=True)]
        result[what] = {
            "steps_per_cpu_second": {name: statistics.median(values) for name, values in rates.items()},
            "ratio": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)},
        }
    return result


def show(result: dict[str, Any]) -> None:
    """Prints a table."""
    print(f"batch {result['batch']}, {result['repetitions']} repetitions of {result['count']} steps each")
    for what, label in (("steps", "step on given transitions"), ("drawn_steps", "drawing and step")):
        rates, ratio = result[what]["steps_per_cpu_second"], result[what]["ratio"]
        told = ", ".join(f"{name} {rate:.0f}/s" for name, rate in rates.items())
        print(f"{label:28s} {told}; ratio {ratio['median']:.1f} ({ratio['min']:.1f} to {ratio['max']:.1f})")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--batch", type=int, nargs="+", default=[64, 256], help="transitions per learner step"
    )
    parser.add_argument("--steps", type=int, default=200, help="learner steps per repetition")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the result here, too")
    arguments = parser.parse_args()
    load = load_before()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    results = []
    for batch in arguments.batch:
        results.append(compare(batch, arguments.steps, arguments.repetitions))
        show(results[-1])
    if arguments.json:
        write_results(arguments.json, results, load)


if __name__ == "__main__":
    main()
