"""A user model asked for many sessions at once."""

from __future__ import annotations

import numpy as np

from components.playlist_simulation.observation import Floats, Observation
from components.playlist_simulation.simulated_listeners import SimulatedListeners
from tests.components.playlist_simulation.stand_ins import CountingModel


def seen(rows: int, value: float) -> Observation:
    return Observation(
        np.full((rows, 2), value, np.float32),
        np.zeros((rows, 3, 2), np.float32),
        np.ones((rows, 3), bool),
        np.zeros((rows, 3), np.int64),
    )


class Remembering(CountingModel):
    """Keeps what it was told; its memory cannot be written to, like that of a tensor."""

    def __init__(self) -> None:
        self.memories: list[Floats] = []

    def listen(self, memory: Floats, state: Floats, chosen: Floats, responses: Floats):
        self.memories.append(memory.copy())
        later, leaving = super().listen(memory, state, chosen, responses)
        later.flags.writeable = False
        return later, leaving


def test_memory_goes_on_and_starts_anew_with_a_session() -> None:
    model, no_episodes = Remembering(), None
    listeners = SimulatedListeners(model, 3)
    listeners.begin(np.arange(3), no_episodes)
    picks, uniforms = np.zeros(3, np.int64), np.full((3, 2), 0.99, np.float32)
    for value in (1.0, 2.0):
        listeners.listen(seen(3, value), picks, uniforms)
    listeners.begin(np.array([1]), no_episodes)
    listeners.probabilities(seen(3, 3.0))
    listeners.listen(seen(3, 4.0), picks, uniforms)
    # Columns: tracks heard in the session; sum of the first state of it.
    first, second, third = (memory[:, :2] for memory in model.memories)
    assert first.tolist() == [[0, 2]] * 3
    assert second.tolist() == [[1, 2]] * 3
    assert third.tolist() == [[2, 2], [0, 6], [2, 2]]


def test_chance_decides_by_the_uniforms() -> None:
    # Zero candidates are completed with probability 1/2, and everybody leaves with 1/10.
    listeners = SimulatedListeners(CountingModel(), 4)
    listeners.begin(np.arange(4), None)
    uniforms = np.array([[0.4, 0.05], [0.4, 0.2], [0.6, 0.05], [0.6, 0.2]], np.float32)
    responses, leaves = listeners.listen(seen(4, 0.0), np.array([0, 1, 2, 0]), uniforms)
    assert responses.tolist() == [1, 1, 0, 0]
    assert leaves.tolist() == [True, False, True, False]
