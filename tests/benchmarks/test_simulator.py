"""The simulator's benchmark plays real sessions with a real user model."""

from __future__ import annotations

import pytest

from benchmarks import simulator
from components.listening_world.config import WorldConfig
from components.listening_world.generate import generate_log
from components.playlist_simulation.config import SimulationConfig


@pytest.mark.slow
def test_it_counts_steps_of_sessions_that_end(capsys: pytest.CaptureFixture[str]) -> None:
    log = generate_log(WorldConfig(users=30, items=80, sessions=300, candidates=8))
    config = SimulationConfig(candidates=8, pool=30)
    result = simulator.measure(log, simulator.user_model(log), config, sessions=64, steps=640, repetitions=2)
    assert result["steps_per_repetition"] == 640
    assert len(result["steps_per_cpu_second"]) == 2
    assert all(0 < share < 1 for share in result["user_model_share"])
    assert 1 < result["tracks_per_session"] < 20
    simulator.show(result)
    assert "steps per CPU-second" in capsys.readouterr().out
