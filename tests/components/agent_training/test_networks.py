"""Networks: masks hold, candidates are scored alike wherever they stand, and the optimizer is Adam."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from components.agent_training.adam import Adam
from components.agent_training.losses import divergence, huber
from components.agent_training.networks import (
    MaskScores,
    adapt,
    build_action_head,
    build_policy_with_value,
    build_slots,
    build_value,
    masked_policy,
)
from components.playlist_simulation.observation import Observation, ObservationSpec

SPEC = ObservationSpec(("a", "b", "c"), ("x", "y"), 4)
RANDOM = np.random.default_rng(0)


def observation(rows: int = 50) -> Observation:
    mask = RANDOM.random((rows, 4)) < 0.6
    mask[:, 1] = True
    state = RANDOM.normal(3.0, 2.0, (rows, 3)).astype(np.float32)
    candidates = RANDOM.normal(-1.0, 0.5, (rows, 4, 2)).astype(np.float32)
    return Observation(state, candidates, mask, np.zeros((rows, 4), np.int64))


def inputs(seen: Observation) -> list[np.ndarray]:
    return [seen.state, seen.candidates, seen.mask.astype(np.float32)]


@pytest.mark.parametrize("build", [build_action_head, build_slots, build_policy_with_value])
def test_forbidden_candidates_are_never_best(build: object) -> None:
    seen = observation()
    network = build(SPEC, (8,))  # type: ignore[operator]
    adapt(network, seen)
    scores = masked_policy(network, SPEC)(inputs(seen)).numpy()
    assert (scores[~seen.mask] == -30000).all()
    assert seen.mask[np.arange(50), scores.argmax(axis=1)].all()
    assert scores[seen.mask].std() > 0


def test_even_broken_scores_stay_above_the_mask() -> None:
    scores = MaskScores()((tf.constant([[-1e30, 1e30, 5.0]]), tf.constant([[1.0, 1.0, 0.0]]))).numpy()
    np.testing.assert_array_equal(scores, [[-1000, 1000, -30000]])


@pytest.mark.parametrize("build", [build_action_head, build_policy_with_value])
def test_an_action_head_scores_candidates_wherever_they_stand(build: object) -> None:
    seen, network, order = observation(), build(SPEC, (8, 8)), [2, 0, 3, 1]  # type: ignore[operator]
    first = network(inputs(seen))
    moved = network([seen.state, seen.candidates[:, order], seen.mask[:, order].astype(np.float32)])
    scores = [out[0] if isinstance(out, list) else out for out in (first, moved)]
    np.testing.assert_allclose(scores[0].numpy()[:, order], scores[1].numpy(), rtol=1e-4, atol=1e-5)


def test_an_action_head_scores_one_candidate_as_among_all() -> None:
    seen, network = observation(), build_action_head(SPEC, (8, 8))
    one = network([seen.state, seen.candidates[:, 2:3], np.ones((50, 1), np.float32)]).numpy()
    np.testing.assert_allclose(one[:, 0], network(inputs(seen)).numpy()[:, 2], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("build", [build_value, build_slots])
def test_what_is_forbidden_does_not_count(build: object) -> None:
    seen, network = observation(), build(SPEC, (8,))  # type: ignore[operator]
    changed = np.where(seen.mask[..., None], seen.candidates, 7.0).astype(np.float32)
    before = network(inputs(seen)).numpy()
    after = network([seen.state, changed, seen.mask.astype(np.float32)]).numpy()
    np.testing.assert_allclose(before, after, rtol=1e-5, atol=1e-6)


def test_inputs_are_standardised_by_what_is_allowed() -> None:
    seen, network = observation(2000), build_action_head(SPEC, (8,))
    seen.candidates[~seen.mask] = 1000.0
    adapt(network, seen)
    state = network.get_layer("state_scale")(seen.state).numpy()
    allowed = network.get_layer("candidate_scale")(seen.candidates).numpy()[seen.mask]
    for values in (state, allowed):
        np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-2)
        np.testing.assert_allclose(values.std(axis=0), 1, atol=2e-2)


def test_adam_is_keras_adam() -> None:
    start = [RANDOM.normal(size=(3, 2)).astype(np.float32), RANDOM.normal(size=2).astype(np.float32)]
    ours, theirs = [[tf.Variable(array) for array in start] for _ in range(2)]
    adam, keras = Adam(ours), tf_keras.optimizers.legacy.Adam(0.01)
    for _ in range(5):
        gradients = [tf.constant(RANDOM.normal(size=array.shape), tf.float32) for array in start]
        adam.apply(gradients, tf.constant(0.01))
        keras.apply_gradients(zip(gradients, theirs, strict=True))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-5)


def test_losses() -> None:
    np.testing.assert_allclose(huber(tf.constant([0.0, 0.5, -2.0, 3.0]), 1.0), [0.0, 0.125, 1.5, 2.5])
    old, new = tf.constant([[0.0, 0.0, -30000.0]]), tf.math.log([[0.25, 0.75, 1e-30]])
    expected = 0.5 * np.log(0.5 / 0.25) + 0.5 * np.log(0.5 / 0.75)
    np.testing.assert_allclose(divergence(old, new), expected, rtol=1e-5)
    assert float(divergence(old, old)) == 0.0
