"""Tests of components/session_ingest/ingest.py, read_items.py, read_tracks.py, settle.py, assemble.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.listening_world.config import WorldConfig
from components.listening_world.generate import generate_log
from components.session_ingest.config import SessionIngestConfig
from components.session_ingest.ingest import ingest
from components.session_ingest.session_log import HeardIndex, SessionLog
from noria.errors import ConfigError, DataError
from tests.components.session_ingest.conftest import HEADER, good_rows

SMALL = WorldConfig(users=30, items=80, sessions=300, candidates=8)
ROUND_TRIP = {
    "columns": {"propensity": "propensity", "context": "context", "candidates": "candidates"},
    "timestamp": {"column": "timestamp", "format": "epoch"},
    "contexts": list(SMALL.contexts),
    "validation": 0.15,
    "test": 0.15,
}


def as_tables(log: SessionLog) -> tuple[pa.Table, pa.Table]:
    """Sessions and tracks as somebody else's program would write them; rows in no order."""
    lengths = log.length
    session = np.repeat(np.arange(len(lengths)), lengths)
    position = np.arange(len(session)) - log.first[session]
    assert log.offered is not None
    offsets = np.arange(0, log.offered.size + 1, log.offered.shape[1], dtype=np.int32)
    tracks = pa.table(
        {
            "session": [f"s{i:06d}" for i in session],
            "user": log.user_ids[log.session_user[session]],
            "item": log.item_ids[log.item],
            "position": position,
            "timestamp": log.session_start[session] + 200.0 * position,
            "response": log.response,
            "propensity": log.propensity,
            "context": np.array(log.facts.contexts)[log.session_context[session]],
            "candidates": pa.ListArray.from_arrays(
                offsets, pa.array(log.item_ids).take(pa.array(log.offered.ravel()))
            ),
        }
    )
    items = {"item": log.item_ids}
    items |= {name: log.features[:, i] for i, name in enumerate(log.facts.features)}
    order = np.random.default_rng(0).permutation(len(tracks))
    return tracks.take(order), pa.table(items).take(np.arange(len(log.item_ids))[::-1])


def assert_same(read: SessionLog, log: SessionLog) -> None:
    assert set(read.facts.problems) <= {"single_track_session"}
    not_of_files = {"world": log.facts.world, "source_digest": "", "problems": {}, "examples": {}}
    assert read.facts.model_copy(update=not_of_files) == log.facts
    for name, expected in vars(log).items():
        found = getattr(read, name)
        if name == "facts":
            continue
        assert found.dtype.kind == expected.dtype.kind, name
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(found, expected, atol=1e-5, err_msg=name)
            assert found.dtype == expected.dtype, name
        else:
            np.testing.assert_array_equal(found, expected, err_msg=name)


@pytest.mark.parametrize("chunk_rows", [250_000, 97])
def test_a_log_of_the_world_written_and_read_again_is_the_same(make_config, chunk_rows: int) -> None:
    log = generate_log(SMALL)
    config = make_config(*as_tables(log), **ROUND_TRIP, chunk_rows=chunk_rows)
    assert_same(ingest(config), log)


def test_candidates_as_text_in_csv(make_config) -> None:
    log = generate_log(SMALL)
    tracks, items = as_tables(log)
    text = pc.binary_join(tracks["candidates"], " ")
    tracks = tracks.set_column(tracks.schema.get_field_index("candidates"), "candidates", text)
    csv = "\n".join(
        [",".join(tracks.column_names), *(",".join(map(str, row.values())) for row in tracks.to_pylist())]
    )
    assert_same(ingest(make_config(csv + "\n", items, **ROUND_TRIP)), log)


def test_without_a_source_the_world_makes_the_log(tmp_path: Path) -> None:
    log = ingest(SessionIngestConfig(world=SMALL, validation=0.2, test=0.1))
    assert log.facts.world == SMALL
    assert [len(log.sessions(split)) for split in ("train", "validation", "test")] == [210, 60, 30]
    log.save(tmp_path)
    assert_same(SessionLog.load(tmp_path), log)


def test_values_and_order(make_config) -> None:
    rows = (
        f"{HEADER}\n"
        "late,u2,b,7,2026-01-02 10:00,50\nlate,u2,a,3,2026-01-02 09:00,100\n"
        "early,u1,c,0,2026-01-01 10:00,0\nmiddle,u2,a,1.5,2026-01-01 12:00,25\n"
    )
    log = ingest(make_config(rows, response_range=(0, 100), completed_at=0.3))
    assert log.user_ids.tolist() == ["u1", "u2"]
    assert log.item_ids.tolist() == ["a", "b", "c"]
    assert log.session_user.tolist() == [0, 1, 1]
    assert log.first.tolist() == [0, 1, 2, 4]
    assert log.item.tolist() == [2, 0, 0, 1]
    assert log.response.tolist() == [0.0, 0.25, 1.0, 0.5]
    assert log.session_start.tolist() == [1767261600.0, 1767268800.0, 1767344400.0]
    assert log.session_split.tolist() == [0, 1, 2]
    assert log.facts.features == ("tempo", "mood")
    # mood is the same everywhere; tempo is 1, 2, 4.
    np.testing.assert_allclose(log.features[:, 1], 0.0)
    np.testing.assert_allclose(
        log.features[:, 0], (np.array([1, 2, 4]) - 7 / 3) / np.std([1, 2, 4]), rtol=1e-6
    )
    assert (log.facts.propensities, log.facts.candidates, log.offered) == (False, False, None)
    assert np.isnan(log.propensity).all()
    assert log.facts.contexts == ("any",)
    # u2's last session: one earlier track, a, answered by 0.25; the training split's mean response is 0.
    np.testing.assert_allclose(log.profile[2, :-1], 0.25 * log.features[0] / 11, rtol=1e-6)
    np.testing.assert_allclose(log.profile[:2], 0.0)


def test_the_zone_gives_the_day(make_config) -> None:
    zone = {"timestamp": {"time_zone": "America/New_York"}}
    utc = ingest(make_config(f"{HEADER}\n{good_rows()}"))
    local = ingest(make_config(f"{HEADER}\n{good_rows()}", **zone))
    assert set((utc.session_start - local.session_start).tolist()) == {5 * 3600.0}


def test_nothing_of_later_sessions_is_in_a_profile(make_config) -> None:
    rows = good_rows(12)
    before = ingest(make_config(f"{HEADER}\n{rows}"))
    # The last session of each user is answered otherwise.
    changed = rows.replace("s11,u1,b,1,2026-01-12 11:00,0", "s11,u1,b,1,2026-01-12 11:00,1")
    assert changed != rows
    after = ingest(make_config(f"{HEADER}\n{changed}"))
    np.testing.assert_array_equal(before.profile, after.profile)
    np.testing.assert_array_equal(before.popularity, after.popularity)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.integers(0, 4)), min_size=8, max_size=40)
)
def test_profiles_and_heard_counts_by_brute_force(make_config, plays) -> None:
    # One session per play, of a user, an item and a response in quarters.
    rows = "".join(
        f"s{i:02d},u{user},{item},0,2026-01-01 10:{i:02d},{response / 4}\n"
        for i, (user, item, response) in enumerate(plays)
    )
    log = ingest(make_config(f"{HEADER}\n{rows}"))
    mean = log.response[log.session_split == 0].mean()
    heard = HeardIndex(log)
    for session, user in enumerate(log.session_user):
        earlier = [s for s in range(session) if log.session_user[s] == user]
        total = sum(((log.response[s] - mean) * log.features[log.item[s]] for s in earlier), np.zeros(2))
        np.testing.assert_allclose(log.profile[session, :-1], total / (len(earlier) + 10), atol=1e-5)
        assert log.profile[session, -1] == pytest.approx(0.2 * np.log1p(len(earlier)), abs=1e-5)
        expected = np.bincount(log.item[earlier], minlength=3) if earlier else np.zeros(3)
        found = heard.counts(np.full(3, user), np.arange(3), np.full(3, session))
        np.testing.assert_array_equal(found, expected)


def test_too_few_sessions_for_the_splits(make_config) -> None:
    config = make_config(f"{HEADER}\n{good_rows(2)}", validation=0.1, test=0.1)
    with pytest.raises(DataError, match="2 sessions leave none for the validation split"):
        ingest(config)


def test_no_rows(make_config) -> None:
    with pytest.raises(DataError, match="there are no rows"):
        ingest(make_config(f"{HEADER}\n"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"response_range": (1, 0)}, "expected the lower end first"),
        ({"validation": 0.5, "test": 0.5}, "nothing is left to train on"),
        ({"columns": {"user": "item"}}, "'item' is named twice"),
        ({"columns": {"position": ""}}, "position names no column"),
        ({"contexts": ["a", "a"]}, "contexts names one twice"),
    ],
)
def test_refused_configurations(make_config, settings, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_config(good_rows(), **settings)


def test_features_have_to_be_numeric(make_config) -> None:
    with pytest.raises(ConfigError, match="no numeric column that could be a feature"):
        ingest(make_config(f"{HEADER}\n{good_rows()}", "item,label\na,x\n"))


def test_items_are_needed() -> None:
    with pytest.raises(ValueError, match=r"items\.path is not"):
        SessionIngestConfig(source={"path": "sessions.csv"})
