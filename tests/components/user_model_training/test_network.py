"""What is trained on whole sessions is what is asked track by track."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from components.session_ingest.session_log import SessionLog
from components.user_model_training import network as module
from components.user_model_training.batches import batch_of
from components.user_model_training.learner import Learner
from components.user_model_training.network import UserNetwork
from components.user_model_training.replay import Replay
from components.user_model_training.user_model_folder import TensorUserModel
from tests.components.user_model_training.conftest import small_config

KINDS = ["sequential", "simple"]


@pytest.fixture(scope="module")
def rows(world_log: SessionLog) -> Replay:
    return Replay.of(world_log, "train")


def some_network(rows: Replay, memory: int = 8) -> UserNetwork:
    tf_keras.utils.set_random_seed(0)
    network = UserNetwork(rows, memory, (16, 8))
    # Also what starts at zero is to matter.
    for variable in network.trainable_variables:
        variable.assign_add(tf.random.stateless_normal(variable.shape, (1, 2)) * 0.2)
    return network


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_of_a_log_are_those_of_a_session_played_alone(rows: Replay, kind: str) -> None:
    learner = Learner(kind, rows, small_config())
    for variable in learner.network.trainable_variables:
        variable.assign_add(tf.random.stateless_normal(variable.shape, (1, 2)) * 0.2)
    completed, left = learner.predict(rows)
    model = TensorUserModel(kind, learner.network.functions())
    for session in range(0, rows.sessions, 20):
        mine = np.arange(rows.first[session], rows.first[session + 1])
        memory = model.start(rows.state[mine[:1]])
        for track in mine:
            state, chosen = rows.state[[track]], rows.chosen[[track]]
            chance = model.complete(memory, state, chosen[:, None])
            memory, leaving = model.listen(memory, state, chosen, rows.response[[track]])
            assert chance[0, 0] == pytest.approx(completed[track], abs=1e-5)
            assert leaving[0] == pytest.approx(left[track], abs=1e-5)


@pytest.mark.parametrize("memory", [0, 8])
def test_candidates_are_judged_one_by_one(rows: Replay, memory: int) -> None:
    model = TensorUserModel("any", some_network(rows, memory).functions())
    state = rows.state[:6]
    candidates = rows.chosen[:24].reshape(6, 4, -1)
    start = model.start(state)
    assert start.shape == (6, memory)
    together = model.complete(start, state, candidates)
    for place in range(4):
        alone = model.complete(start, state, candidates[:, place : place + 1])
        np.testing.assert_allclose(together[:, place], alone[:, 0], atol=1e-6)
    order = [3, 1, 2, 0]
    np.testing.assert_allclose(
        model.complete(start, state, candidates[:, order]), together[:, order], atol=1e-6
    )


def test_memory_holds_what_was_heard(rows: Replay) -> None:
    model = TensorUserModel("any", some_network(rows).functions())
    state, chosen = rows.state[:5], rows.chosen[:5]
    memory = model.start(state)
    liked, _ = model.listen(memory, state, chosen, np.ones(5, np.float32))
    skipped, _ = model.listen(memory, state, chosen, np.zeros(5, np.float32))
    assert (np.abs(liked - skipped).max(axis=1) > 0.01).all()


def test_padding_and_loop_make_no_difference(rows: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    network = some_network(rows)
    batch = batch_of(rows, np.arange(8))
    arguments = (batch.first_state, batch.chosen, batch.responses)
    before, after = network.memories(*(tf.constant(a) for a in arguments))
    monkeypatch.setattr(module, "_LONGEST_UNROLLED", 1)
    looped, _ = tf.function(network.memories)(*(tf.constant(a) for a in arguments))
    np.testing.assert_allclose(before, looped, atol=1e-5)
    noise = batch.chosen.copy()
    outside = np.ones(noise.shape[:2], bool)
    outside.ravel()[batch.places] = False
    noise[outside] = 7.0
    _, other = network.memories(*(tf.constant(a) for a in (batch.first_state, noise, batch.responses)))
    inside = ~outside
    np.testing.assert_allclose(after.numpy()[inside], other.numpy()[inside], atol=1e-6)


def test_a_column_that_never_changed_has_no_say(rows: Replay) -> None:
    still = rows.state.copy()
    still[:, 3] = 2.5
    changed = Replay(**{**vars(rows), "state": still})
    model = TensorUserModel("any", some_network(changed).functions())
    state, other = still[:4], still[:4].copy()
    other[:, 3] = -40.0
    np.testing.assert_array_equal(model.start(state), model.start(other))


def test_no_rows(rows: Replay) -> None:
    model = TensorUserModel("any", some_network(rows).functions())
    empty = np.zeros((0, rows.state.shape[1]), np.float32)
    memory = model.start(empty)
    assert model.complete(memory, empty, np.zeros((0, 3, rows.chosen.shape[1]), np.float32)).shape == (0, 3)
