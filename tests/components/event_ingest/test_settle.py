"""Tests of components/event_ingest/settle.py and of the order in which problems are told."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from components.event_ingest.config import ProblemsConfig
from components.event_ingest.problem_log import ProblemLog
from components.event_ingest.series import COUNT
from components.event_ingest.settle import note_mixed_zones, settle_series
from components.event_ingest.timestamps import OF_SOURCE_ZONE


def test_the_commonest_zone() -> None:
    log = ProblemLog(ProblemsConfig(mixed_time_zones="keep"))
    assert note_mixed_zones(Counter({60: 2, -210: 5, OF_SOURCE_ZONE: 3}), log) == -210
    assert log.warnings == {"mixed_time_zones": 5}
    examples = ["-03:30 in 5 rows", "source_zone in 3 rows", "+01:00 in 2 rows"]
    assert log.examples("mixed_time_zones") == examples
    one = ProblemLog(ProblemsConfig())
    assert note_mixed_zones({60: 2}, one) == 60
    assert note_mixed_zones({}, one) == OF_SOURCE_ZONE
    one.refuse()


def test_small_series() -> None:
    series = pa.table({"shop": ["a", "b", "c"], COUNT: [5, 2, 1]})
    log = ProblemLog(ProblemsConfig(single_event_index="drop"))
    left, out = settle_series(series, log, min_events=1)
    assert (left["shop"].to_pylist(), out["shop"].to_pylist()) == (["a", "b"], ["c"])
    assert log.dropped == {"single_event_index": 1}
    log = ProblemLog(ProblemsConfig(single_event_index="drop"))
    left, out = settle_series(series, log, min_events=3)
    assert (left["shop"].to_pylist(), out["shop"].to_pylist()) == (["a"], ["b", "c"])
    # A series is taken out once.
    assert log.dropped == {"rare_series": 3}


def test_problems_are_told_in_the_configurations_order() -> None:
    log = ProblemLog(ProblemsConfig())
    for problem in ("negative_value", "nonexistent_time", "no_match", "negative_value"):
        log.note(problem, 2, ["x", "y"])
    assert list(log.warnings.items()) == [("nonexistent_time", 2), ("negative_value", 4)]
    assert log.dropped == {"no_match": 2}
    log.note("no_match", 1, ["z"] * 9)
    assert len(log.examples("no_match")) == 5
