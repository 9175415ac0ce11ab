"""Every problem in every mode (components/session_ingest/read_tracks.py, settle.py, read_items.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components.session_ingest.config import SessionProblemsConfig
from components.session_ingest.ingest import ingest
from components.session_ingest.session_log import SessionLog
from noria.errors import DataError
from tests.components.session_ingest.conftest import HEADER, ITEMS, good_rows

FULL = f"{HEADER},chance,place,offered"
COLUMNS = {"columns": {"propensity": "chance", "context": "place", "candidates": "offered"}}


def full_rows() -> str:
    return "".join(f"{line},0.5,home,a b\n" for line in good_rows().splitlines())


@dataclass(frozen=True)
class Case:
    """A bad row after 16 good ones.

    Attributes:
        problem: What is wrong.
        bad: The row.
        message: What is told of it.
        kept: Whether it can be kept.
        settings: Of the ingest.
        items: The table of tracks.
    """

    problem: str
    bad: str
    message: str
    kept: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    items: str = ITEMS


CASES = [
    Case("missing_timestamp", "s7,u1,c,2,,1,.5,home,c a\n", "row 17 of sessions.csv: timestamp is empty"),
    Case("unparsable_timestamp", "s7,u1,c,2,noon,1,.5,home,c a\n", "timestamp 'noon'"),
    Case("missing_value", "s7,u1,c,2,2026-01-09,,.5,home,c a\n", "response is empty"),
    Case("missing_value", "s7,,c,2,2026-01-09,1,.5,home,c a\n", "user is empty"),
    Case("unparsable_value", "s7,u1,c,two,2026-01-09,1,.5,home,c a\n", "position 'two'"),
    Case("missing_context", "s7,u1,c,2,2026-01-09,1,.5,,c a\n", "place is empty", True),
    Case("response_out_of_range", "s7,u1,c,2,2026-01-09,1.5,.5,home,c a\n", "response '1.5'", True),
    Case("unknown_item", "s7,u1,zebra,2,2026-01-09,1,.5,home,c a\n", "item 'zebra'"),
    Case("missing_propensity", "s7,u1,c,2,2026-01-09,1,,home,c a\n", "session s7, user u1, position 2", True),
    Case("propensity_out_of_range", "s7,u1,c,2,2026-01-09,1,0,home,c a\n", "chance '0'", True),
    Case("propensity_out_of_range", "s7,u1,c,2,2026-01-09,1,1.01,home,c a\n", "chance '1.01'", True),
    Case("propensity_out_of_range", "s7,u1,c,2,2026-01-09,1,half,home,c a\n", "chance 'half'", True),
    Case("missing_candidates", "s7,u1,c,2,2026-01-09,1,.5,home, \n", "session s7, user u1, position 2", True),
    Case("unknown_candidate", "s7,u1,c,2,2026-01-09,1,.5,home,c zebra\n", "offered 'c zebra'", True),
    Case("not_in_candidates", "s7,u1,c,2,2026-01-09,1,.5,home,a b\n", "item 'c'", True),
    Case("duplicate_position", "s7,u1,c,1,2026-01-09,1,.5,home,c a\n", "session s7, user u1, position 1"),
    Case("mixed_session", "s7,u0,c,2,2026-01-09,1,.5,home,c a\n", "session s7, user u0, position 2"),
    Case("mixed_session", "s7,u1,c,2,2026-01-09,1,.5,work,c a\n", "session s7, user u1, position 2"),
    Case(
        "long_session",
        "s7,u1,c,2,2026-01-09,1,.5,home,c a\n",
        "session s7, user u1, position 2",
        settings={"longest": 2},
    ),
    Case("single_track_session", "s8,u1,c,2,2026-01-09,1,.5,home,c a\n", "session s8", True),
    Case("duplicate_item", "", "item 'b'", items=f"{ITEMS}b,9,9,z\n"),
    Case("missing_feature", "", "row 4 of items.csv: mood None", True, items=f"{ITEMS}d,9,,z\n"),
]
_ids = [f"{i}-{case.problem}" for i, case in enumerate(CASES)]


def _ingest(make_config: Any, case: Case, reaction: str) -> SessionLog:
    rows = f"{FULL}\n{full_rows()}{case.bad}"
    return ingest(
        make_config(rows, case.items, problems={case.problem: reaction}, **COLUMNS, **case.settings)
    )


def test_every_problem_is_tested() -> None:
    # Clocks that are put forward or back are event_ingest's tests' matter.
    tested = {case.problem for case in CASES} | {"nonexistent_time", "ambiguous_time"}
    assert tested == set(SessionProblemsConfig.model_fields)


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_fail(case: Case, make_config) -> None:
    with pytest.raises(DataError, match=f"{case.problem}: 1 rows: .*{case.message}") as error:
        _ingest(make_config, case, "fail")
    assert str(error.value).startswith("sessions cannot be used")
    assert f"problems.{case.problem}=drop" in error.value.hint
    assert ("keep" in error.value.hint) == case.kept


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_drop(case: Case, make_config) -> None:
    log = _ingest(make_config, case, "drop")
    assert log.facts.problems == {case.problem: 1}
    assert len(log.facts.examples[case.problem]) == 1
    assert len(log.item) == 16
    assert len(log.item_ids) == 3
    assert log.facts.contexts == ("home",)
    assert log.facts.propensities
    assert log.facts.candidates


# In a session whose other tracks have a context, a track without one is a problem of its own.
KEPT = [case for case in CASES if case.kept and case.problem != "missing_context"]


@pytest.mark.parametrize("case", KEPT, ids=[case.problem for case in KEPT])
def test_keep(case: Case, make_config) -> None:
    log = _ingest(make_config, case, "keep")
    assert log.facts.problems == {case.problem: 1}
    if not case.bad:
        assert log.item_ids.tolist() == ["a", "b", "c", "d"]
        # What is not known of a track is the mean.
        assert log.features[3, 1] == 0.0
        return
    assert len(log.item) == 17
    assert log.facts.propensities == ("propensity" not in case.problem)
    assert log.facts.candidates == (case.problem != "missing_candidates")
    assert (log.offered is None) == (case.problem == "missing_candidates")
    assert log.response[-1] == 1.0
    if log.offered is not None:
        expected = {"unknown_candidate": {2, -1}, "not_in_candidates": {0, 1, 2}}
        assert set(log.offered[-1].tolist()) - {-1} == expected.get(case.problem, {0, 2}) - {-1}


def test_sessions_without_a_context_are_kept(make_config) -> None:
    rows = full_rows().replace("home", "", 2)
    log = ingest(make_config(f"{FULL}\n{rows}", contexts=["work"], **COLUMNS))
    assert log.facts.problems == {"missing_context": 2}
    assert log.facts.contexts == ("work", "(missing)", "home")
    assert log.session_context.tolist() == [1] + [2] * 7


def test_bad_rows_are_told_before_what_they_would_do_to_sessions(make_config) -> None:
    rows = f"{HEADER}\n{good_rows()}s7,u1,c,1,2026-01-09,7\n"
    with pytest.raises(DataError, match="response_out_of_range") as error:
        ingest(make_config(rows))
    assert "duplicate_position" not in str(error.value)
    assert "A response outside response_range. keep: taken for the nearest end" in str(error.value)


def test_a_log_without_propensities_has_no_problem(make_config) -> None:
    rows = "".join(f"{line},,home,\n" for line in good_rows().splitlines())
    log = ingest(make_config(f"{FULL}\n{rows}", **COLUMNS))
    assert log.facts.problems == {}
    assert not log.facts.propensities
    assert not log.facts.candidates


def test_sessions_of_one_track_are_counted_and_stay(make_config) -> None:
    log = ingest(make_config(f"{HEADER}\n{good_rows()}s8,u1,c,2,2026-01-09,1\n"))
    assert log.facts.problems == {"single_track_session": 1}
    assert log.length.tolist()[-1] == 1


def test_a_long_session_is_cut_at_its_end(make_config) -> None:
    tracks = "".join(f"s8,u1,{'abc'[i % 3]},{i},2026-01-09 10:00,1\n" for i in range(10))
    log = ingest(make_config(f"{HEADER}\n{good_rows()}{tracks}", longest=4))
    assert log.facts.problems == {"long_session": 6}
    assert log.item[-4:].tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.string()), pa.large_list(pa.string()), pa.list_(pa.string(), 2)]
)
def test_lists_of_every_kind(make_config, kind: pa.DataType) -> None:
    table = pa.table(
        {
            "session": [f"s{i}" for i in range(8)],
            "user": ["u"] * 8,
            "item": ["b"] * 8,
            "position": [0] * 8,
            "timestamp": pa.array(np.arange(8) * 86400, pa.timestamp("s")),
            "response": [1.0] * 8,
            "offered": pa.array([["b", "a"]] * 7 + [["c", "b"]], kind),
        }
    )
    log = ingest(make_config(table, columns={"candidates": "offered"}))
    assert log.offered is not None
    assert log.offered.tolist() == [[1, 0]] * 7 + [[2, 1]]


def test_a_candidate_named_twice_counts_once(make_config) -> None:
    rows = "".join(f"{line},a b a\n" for line in good_rows().splitlines())
    log = ingest(make_config(f"{HEADER},offered\n{rows}", columns={"candidates": "offered"}))
    assert log.offered is not None
    assert log.offered.tolist() == [[0, 1]] * 16
