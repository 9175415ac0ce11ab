"""Environments whose best play is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from components.agent_training.actor import Scores, best
from components.playlist_simulation.environment import BatchEnvironment, Step
from components.playlist_simulation.observation import Bools, Floats, Ints, Observation, ObservationSpec


class ToyEnvironment:
    """Candidates in changing order; of ``spec.candidates`` the last is padding that may never be chosen."""

    spec: ObservationSpec

    def __init__(self, episodes: int) -> None:
        self.episodes = episodes
        # Rewards of other episodes, which teach nothing.
        self.shuffled = False
        self._rows = np.arange(episodes)

    def reset(self, seed: int) -> Observation:
        """See BatchEnvironment."""
        self._random = np.random.default_rng(seed)
        self._restart(np.ones(self.episodes, np.bool_))
        return self._look()

    def step(self, actions: Ints) -> Step:
        """See BatchEnvironment."""
        assert self._seen.mask[self._rows, actions].all(), "a forbidden candidate was chosen"
        rewards, ended = self._act(actions)
        if self.shuffled:
            rewards = self._random.permutation(rewards)
        self._restart(ended)
        return Step(rewards.astype(np.float32), ended, self._look())

    def _look(self) -> Observation:
        self._seen = self._observe()
        return self._seen

    def _restart(self, rows: Bools) -> None:
        raise NotImplementedError

    def _act(self, actions: Ints) -> tuple[Floats, Bools]:
        raise NotImplementedError

    def _observe(self) -> Observation:
        raise NotImplementedError


class Bandit(ToyEnvironment):
    """Episodes of one choice, rewarded by how well the candidate fits the state; the forbidden one fits best.

    Random play gets 0 on average, best play the mean length of a wish times the mean of the largest of four.
    """

    spec = ObservationSpec(("wish_x", "wish_y"), ("x", "y"), 5)
    BEST = 1.29

    def _restart(self, rows: Bools) -> None:  # noqa: ARG002
        self._wish = self._random.normal(size=(self.episodes, 2)).astype(np.float32)

    def _observe(self) -> Observation:
        candidates = self._random.normal(size=(self.episodes, 5, 2)).astype(np.float32)
        candidates[:, -1] = 10.0 * self._wish
        mask = np.ones((self.episodes, 5), np.bool_)
        mask[:, -1] = False
        return Observation(self._wish, candidates, mask, np.zeros((self.episodes, 5), np.int64))

    def _act(self, actions: Ints) -> tuple[Floats, Bools]:
        chosen = self._seen.candidates[self._rows, actions]
        return (chosen * self._wish).sum(axis=1), np.ones(self.episodes, np.bool_)


class Chain(ToyEnvironment):
    """Four steps: sweets are worth 0.3 now, work nothing now and 1 each at the end; best play gets 4.

    Whoever looks at the next reward only gets 1.9, random play 2.6.
    """

    spec = ObservationSpec(("progress", "worked"), ("sweet", "work", "noise"), 3)
    BEST, MYOPIC, RANDOM = 4.0, 1.9, 2.6

    def __init__(self, episodes: int) -> None:
        super().__init__(episodes)
        self._time = np.zeros(episodes, np.int64)
        self._worked = np.zeros(episodes, np.int64)

    def _restart(self, rows: Bools) -> None:
        self._time[rows] = self._worked[rows] = 0

    def _observe(self) -> Observation:
        state = np.stack([self._time / 4, self._worked / 4], axis=1).astype(np.float32)
        candidates = np.zeros((self.episodes, 3, 3), np.float32)
        self._work_at = self._random.integers(0, 2, self.episodes)
        candidates[self._rows, self._work_at, 1] = 1.0
        candidates[self._rows, 1 - self._work_at, 0] = 1.0
        candidates[:, :2, 2] = self._random.normal(size=(self.episodes, 2))
        mask = np.array([True, True, False])[None].repeat(self.episodes, axis=0)
        return Observation(state, candidates, mask, np.zeros((self.episodes, 3), np.int64))

    def _act(self, actions: Ints) -> tuple[Floats, Bools]:
        work = actions == self._work_at
        self._time += 1
        self._worked += work
        ended = self._time == 4
        rewards = np.where(work, 0.0, 0.3) + np.where(ended, self._worked, 0)
        return rewards, ended


def mean_return(make: Callable[[int], BatchEnvironment], episodes: int = 2048) -> Callable[[Scores], float]:
    """Mean return of best choices over the first episode of each row; the same episodes every time."""

    def evaluate(scores: Scores) -> float:
        environment = make(episodes)
        seen, going = environment.reset(12345), np.ones(episodes, np.bool_)
        total = 0.0
        while going.any():
            step = environment.step(best(scores(seen)))
            total += float(step.rewards[going].sum())
            going &= ~step.ended
            seen = step.seen
        return total / episodes

    return evaluate
