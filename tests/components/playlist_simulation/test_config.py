"""Configurations that contradict themselves are refused before anything is played."""

from __future__ import annotations

import pytest

from components.playlist_simulation.config import SimulationConfig
from noria.errors import ConfigError
from noria.typed_config import parse_config


def test_a_pool_smaller_than_the_candidates_is_refused() -> None:
    with pytest.raises(ConfigError, match="pool 19 holds fewer tracks than a step offers: candidates is 20"):
        parse_config(SimulationConfig, {"pool": 19}, "test")
    SimulationConfig(pool=19, offers="logged")


def test_a_session_is_a_whole_number_of_slates() -> None:
    with pytest.raises(ConfigError, match=r"termination.tracks 10 is no multiple of slate 4"):
        parse_config(SimulationConfig, {"slate": 4, "termination": {"tracks": 10}}, "test")
    assert SimulationConfig(slate=4).tracks(longest=10) == 8
    assert SimulationConfig(slate=4, termination={"tracks": 4}).tracks(longest=10) == 4
    with pytest.raises(ConfigError, match="slate is 4, and no session has more than 3"):
        SimulationConfig(slate=4).tracks(longest=3)


def test_no_session_is_longer_than_the_logs_longest() -> None:
    assert SimulationConfig().tracks(longest=7) == 7
    with pytest.raises(
        ConfigError, match=r"termination.tracks is 8, and no session of the log has more than 7"
    ):
        SimulationConfig(termination={"tracks": 8}).tracks(longest=7)
