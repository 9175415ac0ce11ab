"""What is observed, beside its definition written out track by track."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.playlist_simulation.session_features import Catalogue, SessionFeatures
from tests.components.playlist_simulation.stand_ins import small_log

LOG = small_log()
CATALOGUE = Catalogue.of(LOG)
SPEC = CATALOGUE.spec(4)


def expected_state(profile: np.ndarray, context: int, placed: list[int], responses: list[float]) -> dict:
    """The state by its definition: sums over the tracks, weighted by how long ago they were."""
    features = LOG.features.astype(np.float64)
    answered = placed[: len(responses)]

    def decayed(tracks: list[int], weights: list[float], decay: float) -> np.ndarray:
        ages = range(len(tracks) - 1, -1, -1)
        parts = [
            (1 - decay) * decay**age * w * features[i]
            for i, w, age in zip(tracks, weights, ages, strict=True)
        ]
        return np.sum(parts, axis=0) if parts else np.zeros(3)

    skips = 0
    for response in responses:
        skips = skips + 1 if response < 0.5 else 0
    ages = np.arange(len(responses))[::-1]
    return {
        "profile": profile[:3],
        "context": np.eye(2)[context],
        "recent": decayed(placed, [1.0] * len(placed), 0.7),
        "completed": decayed(answered, responses, 0.9),
        "skipped": decayed(answered, [1 - r for r in responses], 0.9),
        "progress": len(placed) / 8,
        "mean_response": np.mean(responses) if responses else 0.0,
        "recent_response": float(np.sum(0.3 * 0.7**ages * np.array(responses))),
        "skips_in_a_row": 0.2 * skips,
        "history": profile[3],
    }


@settings(max_examples=60, deadline=None)
@given(data=st.data(), ahead=st.integers(0, 3), seed=st.integers(0, 1000))
def test_observations_follow_their_definition(data: st.DataObject, ahead: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sessions, tracks = 3, data.draw(st.integers(0, 8))
    placed = rng.integers(0, 40, (tracks, sessions))
    # Answers come so many tracks later, as in a slate.
    answered = max(0, tracks - ahead)
    responses = rng.choice([0.0, 0.3, 0.5, 1.0], (answered, sessions)).astype(np.float32)
    profile, context = rng.normal(size=(sessions, 4)).astype(np.float32), rng.integers(0, 2, sessions)
    features = SessionFeatures(CATALOGUE, sessions)
    features.begin(np.arange(sessions), profile, context)
    for position in range(tracks):
        features.place(placed[position])
        if position >= ahead:
            features.respond(placed[position - ahead], responses[position - ahead])
    items = rng.integers(-1, 40, (sessions, 4))
    heard = rng.integers(0, 5, (sessions, 4)).astype(np.float32)
    mask = rng.random((sessions, 4)) < 0.5
    seen = features.observe(items, heard, mask)
    assert seen.mask is mask
    assert seen.items is items
    assert seen.state.dtype == seen.candidates.dtype == np.float32
    for row in range(sessions):
        parts = expected_state(
            profile[row], context[row], placed[:, row].tolist(), responses[:, row].tolist()
        )
        flat = np.concatenate([np.atleast_1d(part) for part in parts.values()])
        assert seen.state[row] == pytest.approx(flat, abs=1e-5)
        for column in range(4):
            item = items[row, column]
            own = LOG.features[item] if item >= 0 else np.zeros(3)
            popularity = LOG.popularity[item] if item >= 0 else 0.0
            matches = [own @ parts[kind] for kind in ("profile", "recent", "completed", "skipped")]
            wanted = [*own, popularity, np.log1p(heard[row, column]), *matches]
            assert seen.candidates[row, column] == pytest.approx(wanted, abs=1e-4)


def test_names_stand_for_the_columns() -> None:
    features = SessionFeatures(CATALOGUE, 1)
    profile = np.array([[10.0, 20.0, 30.0, 0.5]], np.float32)
    features.begin(np.array([0]), profile, np.array([1]))
    seen = features.observe(np.array([[7, -1]]), np.zeros((1, 2), np.float32), np.ones((1, 2), bool))
    state = dict(zip(SPEC.state, seen.state[0], strict=True))
    track = dict(zip(SPEC.candidate, seen.candidates[0, 0], strict=True))
    assert [state[f"profile_{name}"] for name in "abc"] == [10, 20, 30]
    assert state["history"] == 0.5
    assert (state["context_home"], state["context_work"]) == (0, 1)
    assert [track[name] for name in "abc"] == LOG.features[7].tolist()
    assert track["popularity"] == LOG.popularity[7]
    assert track["match_profile"] == pytest.approx(LOG.features[7] @ profile[0, :3], rel=1e-5)


def test_a_new_session_forgets_and_its_neighbours_do_not() -> None:
    features = SessionFeatures(CATALOGUE, 2)
    profile = np.ones((2, 4), np.float32)
    features.begin(np.arange(2), profile, np.zeros(2, np.int64))

    def state() -> np.ndarray:
        return features.observe(np.zeros((2, 1), np.int64), np.zeros((2, 1)), np.ones((2, 1), bool)).state

    fresh = state()
    features.place(np.array([3, 3]))
    features.respond(np.array([3, 3]), np.array([1.0, 1.0], np.float32))
    later = state()
    assert (fresh != later).any(axis=1).all()
    features.begin(np.array([0]), profile[:1], np.array([0]))
    np.testing.assert_array_equal(state(), np.stack([fresh[0], later[1]]))
    # What was observed before is not changed by what came after.
    np.testing.assert_array_equal(fresh[0], fresh[1])
