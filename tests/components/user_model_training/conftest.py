"""Small logs: of a small world, and random ones whose truth nobody needs."""

from __future__ import annotations

import numpy as np
import pytest

from components.listening_world.config import WorldConfig
from components.listening_world.generate import generate_log
from components.session_ingest.assemble import Sessions, assemble
from components.session_ingest.session_log import SessionLog
from components.user_model_training.config import UserModelTrainingConfig

SMALL_WORLD = WorldConfig(users=30, items=80, sessions=300, candidates=8, longest=8)


def small_config(**changes: object) -> UserModelTrainingConfig:
    """A training of a second or two."""
    plain = {"memory": 8, "hidden": (16,), "epochs": 3, "batch_size": 32, "bootstrap_draws": 40}
    return UserModelTrainingConfig.model_validate(plain | changes)


def random_log(seed: int, sessions: int = 40, longest: int = 6, shares: bool = False) -> SessionLog:
    """Sessions of 5 users with 12 items of 3 features; responses 0 or 1, or any share."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, sessions)
    tracks = int(lengths.sum())
    response = rng.random(tracks) if shares else rng.random(tracks) < 0.5
    return assemble(
        Sessions(
            features=rng.normal(size=(12, 3)),
            item_ids=np.arange(12).astype(str),
            user_ids=np.arange(5).astype(str),
            user=rng.integers(0, 5, sessions),
            context=rng.integers(0, 2, sessions),
            start=np.sort(rng.uniform(0, 1e6, sessions)),
            lengths=lengths,
            item=rng.integers(0, 12, tracks),
            response=response.astype(np.float32),
            propensity=np.full(tracks, np.nan, np.float32),
            offered=None,
        ),
        {"features": ("a", "b", "c"), "contexts": ("day", "night"), "longest": longest, "completed_at": 0.5},
        0.2,
        0.2,
    )


@pytest.fixture(scope="session")
def world_log() -> SessionLog:
    """300 sessions of a world."""
    return generate_log(SMALL_WORLD)
