"""What is written down is what happened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_sampler import EpisodeSampler
from components.playlist_simulation.episode_tracker import EpisodeTracker
from components.playlist_simulation.play import play_sessions
from components.playlist_simulation.session_features import Catalogue
from components.playlist_simulation.simulated_listeners import SimulatedListeners
from components.playlist_simulation.simulator import Simulator
from noria.errors import DataError
from tests.components.playlist_simulation.stand_ins import CountingModel, FeaturePolicy, small_log

LOG = small_log()


@pytest.mark.parametrize("slate", [1, 4])
def test_every_heard_track_has_a_row(tmp_path: Path, slate: int) -> None:
    config = SimulationConfig(candidates=10, pool=20, slate=slate)
    episodes = EpisodeSampler(LOG, config, "test").draw(12, np.random.default_rng(0))
    tracker, played = EpisodeTracker(sessions=5), {}
    for policy in (FeaturePolicy(1), FeaturePolicy(0)):
        listeners = SimulatedListeners(CountingModel(), 12)
        played[policy.name] = play_sessions(policy, listeners, episodes, Catalogue.of(LOG), config, tracker)
    tracker.write(tmp_path / "episodes.parquet")
    rows = pq.read_table(tmp_path / "episodes.parquet").to_pylist()
    expected = [
        (name, episode, position, float(played[name].responses[episode, position]))
        for name in ("feature_0", "feature_1")
        for episode in range(5)
        for position in range(played[name].lengths[episode])
    ]
    keys = ("policy", "episode", "position", "response")
    assert [tuple(row[key] for key in keys) for row in rows] == expected
    for row, following in zip(rows, [*rows[1:], {"position": 0}], strict=True):
        episode, position = row["episode"], row["position"]
        assert row["candidates"] == episodes.offers[episode, position].tolist()
        assert row["item"] == row["candidates"][row["action"]]
        assert row["scores"][row["action"]] == max(row["scores"])
        assert row["prediction"] == row["predictions"][row["action"]]
        assert (row["session"], row["user"]) == (episodes.session[episode], episodes.user[episode])
        assert (row["end"] == "goes_on") == (following["position"] == position + 1)
        if slate == 1:
            assert row["response"] == (episodes.uniforms[episode, position, 0] < row["prediction"])


def test_a_simulator_tells_its_tracker_of_every_episode() -> None:
    config, tracker = SimulationConfig(candidates=10, pool=20), EpisodeTracker()
    listeners = SimulatedListeners(CountingModel(), 4)
    sampler = EpisodeSampler(LOG, config, "train")
    simulator = Simulator(Catalogue.of(LOG), listeners, sampler, config, 4, tracker=tracker)
    seen, paid, ended = simulator.reset(0), 0.0, 0
    for _ in range(50):
        step = simulator.step(seen.mask.argmax(axis=1))
        seen, paid, ended = step.seen, paid + step.rewards.sum(), ended + step.ended.sum()
    rows = tracker.table().to_pylist()
    assert len(rows) == 200
    assert sum(row["response"] for row in rows) == paid
    episodes = {row["episode"] for row in rows}
    assert episodes >= set(range(ended))
    for number in episodes:
        mine = [row for row in rows if row["episode"] == number]
        assert [row["position"] for row in mine] == list(range(len(mine)))
        assert len({row["session"] for row in mine}) == 1
        assert all(row["end"] == "goes_on" for row in mine[:-1])
    assert sum(row["end"] != "goes_on" for row in rows) == ended


def test_nothing_heard_is_told() -> None:
    with pytest.raises(DataError, match="no track was heard"):
        EpisodeTracker().table()
