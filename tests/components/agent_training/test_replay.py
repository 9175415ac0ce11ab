"""The replay beside a plain list of what was played."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.agent_training.config import QLearningConfig
from components.agent_training.replay import Replay
from components.playlist_simulation.environment import Step
from components.playlist_simulation.observation import Observation, ObservationSpec

SPEC = ObservationSpec(("time", "episode"), ("a", "b"), 3)
EPISODES = 4


def make(**changes: Any) -> Replay:
    plain = {"episodes": EPISODES, "capacity": 80, "warmup": 1, "batch": 64, "discount": 0.9}
    return Replay(SPEC, QLearningConfig.model_validate(plain | changes))


def fill(replay: Replay, times: int, seed: int = 0, cuts: frozenset[int] = frozenset()) -> list[Any]:
    """Plays random episodes; returns (observation, actions, rewards, ended) per time."""
    random, played = np.random.default_rng(seed), []
    for time in range(times):
        state = np.stack([np.full(EPISODES, time), np.arange(EPISODES)], axis=1).astype(np.float32)
        candidates = random.normal(size=(EPISODES, 3, 2)).astype(np.float32)
        seen = Observation(
            state, candidates, random.random((EPISODES, 3)) < 0.7, np.zeros((EPISODES, 3), int)
        )
        actions = random.integers(0, 3, EPISODES)
        step = Step(random.random(EPISODES, np.float32), random.random(EPISODES) < 0.2, seen)
        replay.add(seen, actions, step)
        played.append((seen, actions, step.rewards, step.ended))
        if time in cuts:
            replay.cut()
    return played


@settings(max_examples=40, deadline=None)
@given(
    times=st.integers(5, 60),
    n_step=st.integers(1, 4),
    cuts=st.frozensets(st.integers(0, 59), max_size=4),
    kind=st.sampled_from(["uniform", "prioritised"]),
    whole=st.booleans(),
)
def test_transitions_are_those_that_were_played(
    times: int, n_step: int, cuts: frozenset[int], kind: str, whole: bool
) -> None:
    replay = make(n_step=n_step, replay=kind)
    played = fill(replay, times, cuts=cuts)
    # The ring holds 20 times; a window holds n steps and ends before the newest, and no cut lies in it.
    first = max(0, times - 20)
    allowed = [t for t in range(first, times - n_step) if not cuts & set(range(t, t + n_step))]
    assert len(replay) == len(allowed) * EPISODES
    if not allowed:
        return
    drawn = replay.sample(2, np.random.default_rng(1), 1.0, chosen_only=not whole)
    assert set(drawn.state[..., 0].ravel().astype(int)) <= set(allowed)
    for at in np.ndindex(2, 64):
        time, row = drawn.state[at].astype(int)
        seen, actions, _, _ = played[time]
        if whole:
            np.testing.assert_array_equal(drawn.candidates[at], seen.candidates[row])
            np.testing.assert_array_equal(drawn.mask[at], seen.mask[row])
            assert drawn.action[at] == actions[row]
        else:
            np.testing.assert_array_equal(drawn.candidates[at][0], seen.candidates[row, actions[row]])
            assert drawn.action[at] == 0
        total, weight = 0.0, 1.0
        for ahead in range(n_step):
            total += weight * played[time + ahead][2][row]
            weight *= 0.0 if played[time + ahead][3][row] else 0.9
        assert drawn.returns[at] == pytest.approx(total, abs=1e-5)
        assert drawn.discount[at] == pytest.approx(weight)
        after = played[time + n_step][0]
        np.testing.assert_array_equal(drawn.next_candidates[at], after.candidates[row])
        np.testing.assert_array_equal(drawn.next_state[at], after.state[row])
        np.testing.assert_array_equal(drawn.next_mask[at], after.mask[row])


def test_large_errors_are_drawn_in_proportion() -> None:
    replay = make(n_step=1, priority_exponent=1.0, batch=4000)
    fill(replay, 6)
    # Times 0 to 4 may be drawn, of 4 rows each; place = time * rows + row.
    errors = np.full(20, 0.99, np.float32)
    errors[7] = 18.99
    replay.prioritise(np.arange(20), errors)
    drawn = replay.sample(1, np.random.default_rng(0), 1.0, chosen_only=True)
    share = (drawn.place == 7).mean()
    # 19 of 19 + 19 * 1 in all; the deviation of the share is below 0.008.
    assert share == pytest.approx(0.5, abs=0.04)
    rare, frequent = drawn.weight[drawn.place != 7], drawn.weight[drawn.place == 7]
    np.testing.assert_allclose(rare, 1.0, rtol=1e-5)
    np.testing.assert_allclose(frequent, 1 / 19, rtol=1e-5)


def test_what_is_new_gets_the_largest_priority() -> None:
    replay = make(n_step=1, priority_exponent=1.0, batch=2000)
    fill(replay, 3)
    replay.prioritise(np.arange(8), np.full(8, 9.99, np.float32))
    fill(replay, 2)
    drawn = replay.sample(1, np.random.default_rng(0), 0.0, chosen_only=True)
    # Time 2 was added before the errors of 10 were known: 1 beside 10 and 10.
    shares = np.bincount(drawn.place.ravel() // EPISODES, minlength=4) / 2000
    np.testing.assert_allclose(shares, np.array([10, 10, 1, 10]) / 31, atol=0.05)


def test_uniform_replay_ignores_errors() -> None:
    replay = make(n_step=1, replay="uniform", batch=4000)
    fill(replay, 6)
    replay.prioritise(np.arange(20), np.arange(20, dtype=np.float32))
    drawn = replay.sample(1, np.random.default_rng(0), 1.0, chosen_only=True)
    assert np.bincount(drawn.place.ravel(), minlength=20).min() > 120
    assert (drawn.weight == 1).all()


def test_arrays_restore_everything() -> None:
    first, second = make(), make()
    fill(first, 30)
    second.restore([array.copy() for array in first.arrays()])
    for replay in (first, second):
        fill(replay, 3, seed=2)
    drawn = [r.sample(2, np.random.default_rng(3), 0.5, chosen_only=False) for r in (first, second)]
    for name, values in vars(drawn[0]).items():
        np.testing.assert_array_equal(values, getattr(drawn[1], name))
