"""A leave head that misses what keeps users is found out by how the session went."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from components.playlist_simulation.session_features import Catalogue
from components.session_ingest.session_log import SessionLog
from components.user_model_training.evaluate import evaluate, leaving_by_proxies, leaving_metrics
from components.user_model_training.replay import Replay
from tests.components.user_model_training.conftest import random_log, small_config


def test_proxies_are_the_columns_of_what_was_answered(world_log: SessionLog) -> None:
    rows, spec = Replay.of(world_log, "train"), Catalogue.of(world_log).spec(1)
    names = set(leaving_by_proxies(rows, np.full(len(rows), 0.1, np.float32), spec))
    features = {f"{kind}_{name}" for kind in ("completed", "skipped") for name in world_log.facts.features}
    assert names == features | {"progress", "mean_response", "recent_response", "skips_in_a_row"}


def test_blind_leaving_is_found_out(world_log: SessionLog) -> None:
    rows, spec = Replay.of(world_log, "train"), Catalogue.of(world_log).spec(1)
    rng, column = np.random.default_rng(0), spec.state.index("recent_response")
    chance = np.where(rows.state[:, column] > np.median(rows.state[:, column]), 0.05, 0.4).astype(np.float32)
    rows = replace(rows, left=(rng.random(len(rows)) < chance).astype(np.float32))
    completed, config = np.full(len(rows), 0.5, np.float32), small_config()
    seeing = evaluate(rows, completed, chance, spec, 0.5, config)
    blind = evaluate(rows, completed, np.full(len(rows), chance.mean(), np.float32), spec, 0.5, config)
    # Calibrated on the whole both times.
    assert blind.metrics["leave_calibration_error"] < 0.03
    assert blind.metrics["leave_gap"] > 0.1 > seeing.metrics["leave_gap"]
    assert blind.proxies["recent_response"].gap == blind.metrics["leave_gap"]
    assert len(seeing.by_position.rows) == rows.longest


def test_where_nobody_was_seen_leaving() -> None:
    log = random_log(0, longest=1)
    rows = Replay.of(log, "train")
    assert not rows.watched.any()
    assert all(np.isnan(v) for v in leaving_metrics(rows, np.full(len(rows), 0.5, np.float32), 5).values())
