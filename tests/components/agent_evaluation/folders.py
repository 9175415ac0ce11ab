"""Artifacts as earlier steps leave them, made of simple models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from components.agent_training.agents_folder import AgentEntry, AgentsFacts
from components.agent_training.save_agent import save_agent
from components.playlist_simulation.observation import ObservationSpec
from components.playlist_simulation.session_features import Catalogue
from components.session_ingest.session_log import SessionLog
from components.user_model_training.user_model_folder import (
    CalibrationFacts,
    UserModelFacts,
    UserModelsFacts,
    save_user_model,
)
from tests.components.agent_evaluation.stand_ins import observation

_NOTHING = CalibrationFacts(predicted=[], actual=[], tracks=[])


class Likes(tf.Module):
    """CountingUserModel in TensorFlow."""

    def __init__(self, spec: ObservationSpec, weights: dict[str, float], tired: float) -> None:
        super().__init__()
        self.weights = tf.Variable([weights.get(name, 0.0) for name in spec.candidate])
        self.tired = tired
        states, tracks = len(spec.state), len(spec.candidate)

        def rows(*shape: int | None) -> tf.TensorSpec:
            return tf.TensorSpec([None, *shape], tf.float32)

        self.functions = {
            "start": tf.function(self._start).get_concrete_function(state=rows(states)),
            "complete": tf.function(self._complete).get_concrete_function(
                memory=rows(1), state=rows(states), candidates=rows(None, tracks)
            ),
            "listen": tf.function(self._listen).get_concrete_function(
                memory=rows(1), state=rows(states), chosen=rows(tracks), responses=rows()
            ),
        }

    def _start(self, state: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"memory": tf.zeros_like(state[:, :1])}

    def _complete(self, memory: tf.Tensor, state: tf.Tensor, candidates: tf.Tensor) -> dict[str, tf.Tensor]:
        odds = tf.linalg.matvec(candidates, self.weights) - self.tired * memory
        return {"probabilities": tf.sigmoid(odds) + 0.0 * state[:, :1]}

    def _listen(
        self, memory: tf.Tensor, state: tf.Tensor, chosen: tf.Tensor, responses: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        unused = 0.0 * (state[:, 0] + chosen[:, 0])
        return {"memory": memory + 1.0, "leaving": 0.2 - 0.1 * responses + unused}


def save_user_models(folder: Path, log: SessionLog) -> Path:
    """Two models: ``sequential``, which is chosen, and ``simple``."""
    spec = Catalogue.of(log).spec(1)
    models = {
        "sequential": Likes(spec, {"match_profile": 1.0, "popularity": 0.4, "match_recent": -0.05}, 0.05),
        "simple": Likes(spec, {"match_profile": 0.8}, 0.0),
    }
    for name, model in models.items():
        save_user_model(folder, name, model, model.functions)
    facts = UserModelFacts(
        memory=1, parameters=1, epoch=1, validation={}, test={}, completion=_NOTHING, leaving=_NOTHING
    )
    UserModelsFacts(
        chosen="sequential",
        state=spec.state,
        candidate=spec.candidate,
        longest=log.facts.longest,
        models=dict.fromkeys(models, facts),
        baselines={},
    ).save(folder)
    return folder


def save_scorer(folder: Path, spec: ObservationSpec, weights: dict[str, float], agent: str) -> Path:
    """A TrainedModel that scores candidates by weights per column."""
    shapes = spec.shapes
    state, candidates, mask = (tf_keras.Input(shapes[name], name=name) for name in shapes)
    column = np.array([weights.get(name, 0.0) for name in spec.candidate], np.float32)
    scores = tf.reduce_sum(candidates * column, axis=2) + 0.0 * state[:, :1]
    policy = tf_keras.Model([state, candidates, mask], tf.where(mask > 0.5, scores, -30000.0))
    save_agent(folder, agent, policy, spec, observation(spec, 20), {"agent": agent, "seed": 0})
    return folder


def save_agents(folder: Path, spec: ObservationSpec) -> Path:
    """Two agents of two seeds: ``good`` likes what matches and is popular, ``bad`` what does not."""
    entries = []
    for agent, sign in (("good", 1.0), ("bad", -1.0)):
        for seed in (0, 1):
            where = f"{agent}/{seed}"
            weights = {"match_profile": sign, "popularity": sign * (0.3 + 0.1 * seed)}
            save_scorer(folder / where, spec, weights, agent)
            entries.append(
                AgentEntry(
                    agent=agent,
                    kind="ah_dqn",
                    seed=seed,
                    folder=where,
                    simulated_return=sign,
                    updates=1,
                    cpu_seconds=1.0,
                    curve=[],
                )
            )
    AgentsFacts(agents=tuple(entries), user_model="sequential").save(folder)
    return folder
