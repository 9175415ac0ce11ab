"""Checkpoints: written as a whole, read back as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.reinforcement_learning.checkpoints import (
    Progress,
    checkpoint_folder,
    drop_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from noria.errors import DataError

RANDOM = np.random.default_rng(3)
PROGRESS = Progress(
    updates=7,
    state=[np.arange(6, dtype=np.float32).reshape(2, 3), np.zeros((), np.float32)],
    generator=dict(RANDOM.bit_generator.state),
    history=[{"update": 5.0, "return": 0.25}],
    best=0,
    best_state=[np.ones(4, np.float32)],
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path) is None
    save_checkpoint(tmp_path, PROGRESS)
    loaded = load_checkpoint(tmp_path)
    assert loaded is not None
    for saved, found in ((PROGRESS.state, loaded.state), (PROGRESS.best_state, loaded.best_state)):
        assert [array.dtype for array in found] == [array.dtype for array in saved]
        assert all(np.array_equal(a, b) for a, b in zip(saved, found, strict=True))
    assert (loaded.updates, loaded.history, loaded.best) == (7, PROGRESS.history, 0)
    again = np.random.default_rng()
    again.bit_generator.state = loaded.generator
    assert again.random() == RANDOM.random()
    drop_checkpoint(tmp_path)
    assert load_checkpoint(tmp_path) is None


def test_a_broken_checkpoint_is_told(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, PROGRESS)
    file = tmp_path / "checkpoint.npz"
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(DataError, match=r"checkpoint.npz cannot be read"):
        load_checkpoint(tmp_path)


def test_checkpoints_lie_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORIA_HOME", str(tmp_path))
    folder = checkpoint_folder("agent_training", "a" * 64)
    assert folder.is_relative_to(tmp_path)
    assert folder != checkpoint_folder("agent_training", "b" * 64)
    assert folder != checkpoint_folder("policy_training", "a" * 64)


def test_a_volume_may_hold_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORIA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NORIA_CHECKPOINTS", str(tmp_path / "volume"))
    assert checkpoint_folder("agent_training", "a" * 64).is_relative_to(tmp_path / "volume")
