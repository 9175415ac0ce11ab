"""What was played, in memory: every observation once, n-step transitions cut out of it when they are drawn.

Episodes lie side by side: what follows an observation is the next one of its row. Priorities: Schaul et al.,
"Prioritized experience replay", ICLR 2016, the proportional variant. Instead of a sum tree there is one
cumulative sum per draw, and a draw is for several gradient steps at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.agent_training.config import QLearningConfig
from components.playlist_simulation.environment import Step
from components.playlist_simulation.observation import Bools, Floats, Ints, Observation, ObservationSpec

_SMALLEST_ERROR = 0.01


@dataclass(frozen=True)
class Transitions:
    """Transitions for K gradient steps of B each.

    Attributes:
        place: int64 [K, B] where they lie in the replay.
        state: float32 [K, B, S].
        candidates: float32 [K, B, C, F]; C = 1 where only the chosen one was asked for.
        mask: float32 [K, B, C].
        action: int64 [K, B] position of the chosen one among ``candidates``.
        returns: float32 [K, B] discounted sum of at most n rewards, up to the episode's end.
        discount: float32 [K, B] weight of what follows after them; 0 where the episode ended.
        weight: float32 [K, B] importance, at most 1 per gradient step.
        next_state: float32 [K, B, S], as the three above after n steps; of another episode where ended.
        next_candidates: float32 [K, B, C, F].
        next_mask: float32 [K, B, C].
    """

    place: Ints
    state: Floats
    candidates: Floats
    mask: Floats
    action: Ints
    returns: Floats
    discount: Floats
    weight: Floats
    next_state: Floats
    next_candidates: Floats
    next_mask: Floats


class Replay:
    """A ring of time steps, each of n episodes."""

    def __init__(self, spec: ObservationSpec, config: QLearningConfig) -> None:
        self._config = config
        self._times = max(config.capacity // config.episodes, config.n_step + 1)
        shape = (self._times, config.episodes)
        count, features = spec.candidates, len(spec.candidate)
        self._state = np.zeros((*shape, len(spec.state)), np.float32)
        self._candidates = np.zeros((*shape, count, features), np.float32)
        self._mask = np.zeros((*shape, count), np.bool_)
        self._action = np.zeros(shape, np.int64)
        self._reward = np.zeros(shape, np.float32)
        self._ended = np.zeros(shape, np.bool_)
        self._priority = np.zeros(shape, np.float32)
        # Whether another episode's observation follows although none ended.
        self._cut = np.zeros(self._times, np.bool_)
        self._largest = np.ones(1, np.float32)
        self._added = np.zeros(1, np.int64)

    def add(self, seen: Observation, actions: Ints, step: Step) -> None:
        """Appends a time step: what was seen, chosen and answered in each episode."""
        at = int(self._added[0]) % self._times
        self._state[at], self._candidates[at], self._mask[at] = seen.state, seen.candidates, seen.mask
        self._action[at], self._reward[at], self._ended[at] = actions, step.rewards, step.ended
        self._priority[at], self._cut[at] = self._largest[0], False
        self._added += 1

    def cut(self) -> None:
        """What is added next does not follow from what was added last."""
        if self._added[0]:
            self._cut[(int(self._added[0]) - 1) % self._times] = True

    def __len__(self) -> int:
        """Transitions that may be drawn now."""
        return len(self._starts()) * self._config.episodes

    def sample(
        self, steps: int, random: np.random.Generator, importance: float, *, chosen_only: bool
    ) -> Transitions:
        """Draws transitions, with replacement.

        Args:
            steps: K gradient steps.
            random: The generator.
            importance: Exponent of the weights that make up for priorities; 1 = wholly.
            chosen_only: Whether of the first observation only the chosen candidate is needed.
        """
        starts, episodes = self._starts(), self._config.episodes
        drawn, weight = self._draw(starts, (steps, self._config.batch), random, importance)
        times, rows = starts[drawn // episodes], drawn % episodes
        place = times % self._times * episodes + rows
        after = (times + self._config.n_step) % self._times * episodes + rows
        returns, discount = self._returns(times, rows)
        action = _taken(self._action, place)
        if chosen_only:
            each = self._candidates.reshape(-1, self._candidates.shape[-1])
            candidates = each.take(place * self._candidates.shape[2] + action, axis=0)[..., None, :]
            mask, position = np.ones((*action.shape, 1), np.float32), np.zeros_like(action)
        else:
            candidates, position = _taken(self._candidates, place), action
            mask = _taken(self._mask, place).astype(np.float32)
        return Transitions(
            place=place,
            state=_taken(self._state, place),
            candidates=candidates,
            mask=mask,
            action=position,
            returns=returns,
            discount=discount,
            weight=weight,
            next_state=_taken(self._state, after),
            next_candidates=_taken(self._candidates, after),
            next_mask=_taken(self._mask, after).astype(np.float32),
        )

    def prioritise(self, place: Ints, errors: Floats) -> None:
        """Notes the absolute errors of the transitions at ``place``; of one drawn twice the last counts."""
        if self._config.replay == "uniform":
            return
        found = (np.abs(errors) + _SMALLEST_ERROR) ** np.float32(self._config.priority_exponent)
        self._priority.reshape(-1)[place] = found
        np.maximum(self._largest, found.max(), out=self._largest)

    def arrays(self) -> list[npt.NDArray[Any]]:
        """All that it holds, for a checkpoint; views."""
        kept = [self._state, self._candidates, self._mask, self._action, self._reward, self._ended]
        return [*kept, self._priority, self._cut, self._largest, self._added]

    def restore(self, arrays: list[npt.NDArray[Any]]) -> None:
        """Takes over what ``arrays`` gave."""
        for own, given in zip(self.arrays(), arrays, strict=True):
            own[...] = given

    def _starts(self) -> Ints:
        """Times, counted from the first ever added, whose next n steps are here and follow each other."""
        added, ahead = int(self._added[0]), self._config.n_step
        times = np.arange(max(0, added - self._times), max(0, added - ahead))
        window = (times[:, None] + np.arange(ahead)) % self._times
        whole: Ints = times[~self._cut[window].any(axis=1)]
        return whole

    def _draw(
        self, starts: Ints, shape: tuple[int, int], random: np.random.Generator, importance: float
    ) -> tuple[Ints, Floats]:
        if self._config.replay == "uniform":
            drawn = random.integers(0, len(starts) * self._config.episodes, shape)
            return drawn, np.ones(shape, np.float32)
        priorities = self._priority[starts % self._times].ravel()
        sums = np.cumsum(priorities, dtype=np.float64)
        drawn = np.minimum(np.searchsorted(sums, random.random(shape) * sums[-1], "right"), len(sums) - 1)
        weight = (priorities[drawn] / sums[-1]) ** -importance
        scaled: Floats = (weight / weight.max(axis=1, keepdims=True)).astype(np.float32)
        return drawn, scaled

    def _returns(self, times: Ints, rows: Ints) -> tuple[Floats, Floats]:
        returns = np.zeros(times.shape, np.float32)
        weight = np.ones(times.shape, np.float32)
        for ahead in range(self._config.n_step):
            place = (times + ahead) % self._times * self._config.episodes + rows
            returns += weight * _taken(self._reward, place)
            going: Bools = ~_taken(self._ended, place)
            weight *= np.float32(self._config.discount) * going
        return returns, weight


def _taken(values: npt.NDArray[Any], place: Ints) -> npt.NDArray[Any]:
    """Values [times, episodes, ...] at places of the two counted as one; faster than two indices."""
    return values.reshape(-1, *values.shape[2:]).take(place, axis=0)
