"""The first page: strips, champions, next times, and what needs attention."""

from datetime import UTC, datetime, timedelta

from dashboard.services.champions import Champion, Champions
from dashboard.services.overview import STRIP, age, overview
from orchestration.run_record import RunRecord, StepRecord
from pipelines.registry import PipelineEntry

ENTRIES = [PipelineEntry(name, f"what {name} does", "m", "C") for name in ("graph", "toy")]
NOW = datetime.now(UTC)


def run(number, state="succeeded", pipeline="toy", **more):
    started = (NOW - timedelta(minutes=number)).isoformat()
    ended = "" if state == "running" else started
    return RunRecord(f"r{number}", pipeline, "local", state, started, 1, ended=ended, **more)


def test_a_strip_holds_the_last_runs_oldest_first():
    found = overview(ENTRIES, [run(n) for n in range(30)], [], [], [Champion("m", "graph", "3", "")])
    graph, toy = found.cards
    assert [r.id for r in toy.strip] == [f"r{n}" for n in reversed(range(STRIP))]
    assert toy.last.id == "r0"
    assert graph.last is None
    assert [c.version for c in graph.champions] == ["3"]
    assert toy.champions == []


def test_only_the_last_run_of_a_pipeline_asks_for_attention():
    failed = run(5, "failed", error="step a failed: no disk\nmore", steps=[StepRecord("a", "failed")])
    assert overview(ENTRIES, [run(1), failed], [], [], []).attention == []
    (item,) = overview(ENTRIES, [run(1, "cancelled"), failed], [], [], []).attention
    assert (item.what, item.address) == ("failed", "/runs/r5")
    assert item.text == "the last run of toy failed in a: no disk"
    refused = run(2, metrics={"promoted_m": 0.0})
    (item,) = overview(ENTRIES, [run(1, "running"), refused], [], [], []).attention
    assert item.what == "not promoted"


def test_ages_in_words():
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    cases = {
        "2026-03-01T11:59:30+00:00": "30 s ago",
        "2026-03-01T09:00:00+00:00": "3 h ago",
        "2026-03-01T12:10:00+00:00": "in 10 min",
        "2026-02-20T12:00:00+00:00": "9 days ago",
        "": "",
    }
    assert {moment: age(moment, now) for moment in cases} == cases


def test_the_registry_is_asked_beside_the_page(eventually):
    answers = iter([[Champion("m", "toy", "1", "")]])
    champions = Champions(lambda: next(answers))
    assert champions.known() is None
    eventually(lambda: champions.known() is not None, lambda: champions.error)
    assert champions.known()[0].version == "1"
    champions.forget()
    champions.known()
    # The last answer stays while the registry does not answer.
    eventually(lambda: champions.error, lambda: "no error told")
    assert champions.known()[0].version == "1"
