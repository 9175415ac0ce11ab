"""Environment steps per CPU-second of the playlist simulator, with a neural sequential user model.

    python -m benchmarks.simulator [--json FILE] [--sessions N ...] [--user-model FOLDER]

On one core and one TensorFlow thread. A step is one track in one session: what is on offer is observed, a
track is chosen (at random among the allowed ones; what an agent costs is not the simulator's), the user model
tells whether it is completed and whether the user leaves, and where a session ends, a new one is drawn and
starts. The log is that of the default listening world; the user model is trained on it for one epoch, which
is enough for sessions of a real length, unless a folder of user_model_training is given. The time is CPU time
of the process (``time.process_time``); the user model's part of it is given apart.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.results import load_before, write_results
from components.listening_world.config import WorldConfig
from components.listening_world.generate import generate_log
from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.listeners import UserModel
from components.playlist_simulation.observation import Floats, Ints, Observation
from components.playlist_simulation.simulator import Simulator
from components.session_ingest.session_log import SessionLog
from components.user_model_training.config import UserModelTrainingConfig
from components.user_model_training.replay import Replay
from components.user_model_training.train import train
from components.user_model_training.user_model_folder import TensorUserModel, load_user_model

GOAL = 20_000


class TimedModel:
    """A user model whose CPU time is measured."""

    def __init__(self, model: UserModel) -> None:
        self.name, self.seconds = model.name, 0.0
        self._model = model

    def start(self, state: Floats) -> Floats:
        """See UserModel."""
        begun = time.process_time()
        memory = self._model.start(state)
        self.seconds += time.process_time() - begun
        return memory

    def complete(self, memory: Floats, state: Floats, candidates: Floats) -> Floats:
        """See UserModel."""
        begun = time.process_time()
        probabilities = self._model.complete(memory, state, candidates)
        self.seconds += time.process_time() - begun
        return probabilities

    def listen(
        self, memory: Floats, state: Floats, chosen: Floats, responses: Floats
    ) -> tuple[Floats, Floats]:
        """See UserModel."""
        begun = time.process_time()
        after = self._model.listen(memory, state, chosen, responses)
        self.seconds += time.process_time() - begun
        return after


def user_model(log: SessionLog, epochs: int = 1) -> TensorUserModel:
    """A sequential user model of the default size."""
    config = UserModelTrainingConfig(epochs=epochs)
    fitted = train("sequential", Replay.of(log, "train"), Replay.of(log, "validation"), config)
    network = fitted.learner.network
    return TensorUserModel("sequential", network.functions(), network)


def measure(
    log: SessionLog, model: UserModel, config: SimulationConfig, sessions: int, steps: int, repetitions: int
) -> dict[str, Any]:
    """Plays at least ``steps`` environment steps per repetition, after a start that is not counted."""
    timed = TimedModel(model)
    simulator = Simulator.learned(log, timed, config, "train", sessions)
    rng = np.random.default_rng(0)
    seen = simulator.reset(0)
    rounds = max(1, -(-steps // sessions))
    rates, shares, ended = [], [], 0
    for repetition in range(repetitions + 1):
        timed.seconds, spent = 0.0, 0.0
        for _ in range(rounds):
            actions = _any_allowed(seen, rng)
            begun = time.process_time()
            step = simulator.step(actions)
            spent += time.process_time() - begun
            seen = step.seen
            ended += int(step.ended.sum()) if repetition else 0
        if repetition:
            rates.append(rounds * sessions / spent)
            shares.append(timed.seconds / spent)
    return {
        "sessions": sessions,
        "steps_per_repetition": rounds * sessions,
        "steps_per_cpu_second": rates,
        "user_model_share": shares,
        "tracks_per_session": repetitions * rounds * sessions / max(1, ended),
    }


def _any_allowed(seen: Observation, rng: np.random.Generator) -> Ints:
    drawn = rng.random(seen.mask.shape, dtype=np.float32)
    drawn[~seen.mask] = -1.0
    return drawn.argmax(axis=1)


def show(result: dict[str, Any]) -> None:
    """Prints one size's result."""
    rates = result["steps_per_cpu_second"]
    print(
        f"{result['sessions']:6} sessions at once: {statistics.median(rates):8.0f} steps per CPU-second "
        f"(lowest {min(rates):.0f}, highest {max(rates):.0f}; goal {GOAL}), "
        f"{100 * statistics.median(result['user_model_share']):.0f} % of it in the user model, "
        f"{result['tracks_per_session']:.1f} tracks a session",
        flush=True,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument("--sessions", type=int, nargs="+", default=[256, 1024, 4096], help="sessions at once")
    parser.add_argument("--steps", type=int, default=100_000, help="environment steps per repetition")
    parser.add_argument("--repetitions", type=int, default=5, help="rounds that count")
    parser.add_argument("--user-model", type=Path, help="a UserModels folder of user_model_training")
    arguments = parser.parse_args()
    load = load_before()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    log = generate_log(WorldConfig())
    model = load_user_model(arguments.user_model) if arguments.user_model else user_model(log)
    results = []
    for sessions in arguments.sessions:
        results.append(
            measure(log, model, SimulationConfig(), sessions, arguments.steps, arguments.repetitions)
        )
        show(results[-1])
    if arguments.json:
        write_results(arguments.json, results, load)


if __name__ == "__main__":
    main()
