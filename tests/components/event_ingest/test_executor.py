"""Tests of components/event_ingest/executor.py, report.py and component.py."""

from __future__ import annotations

import json
from pathlib import Path

from components.event_ingest.component import EventIngest
from components.event_ingest.event_table import EventTable
from components.event_ingest.executor import Executor
from components.event_ingest.source_digest import source_digest, with_source_digest
from components.tracking import RECORDS, recording


def test_table_report_and_records(make_config, tmp_path: Path) -> None:
    series = "".join(f"2020-01-{1 + i % 28:02} 12:00,shop <{i % 25}>,{i}\n" for i in range(500))
    rows = f"time,shop,sales\n{series}2020-02-30,lost,1\n2020-01-02,alone,-1\n"
    config = with_source_digest(make_config(rows, problems={"unparsable_timestamp": "drop"}))
    folder = tmp_path / "out"
    folder.mkdir()
    with recording({"events": folder}):
        Executor().run(config, {}, {"events": folder})
    facts = EventTable.load(folder).facts
    assert facts.source_digest == source_digest(config)
    assert (facts.rows, facts.series) == (501, 26)
    report = (folder / "report.html").read_text()
    for text in (
        "501 events of 26 series",
        "wall-clock time of UTC",
        "row 501 of events.csv: time &#x27;2020-02-30&#x27;",
        "negative_value",
        "The 10 largest",
        "The 10 smallest",
        "shop &lt;0&gt;",
        "data:image/png;base64,",
    ):
        assert text in report, text
    records = [json.loads(line) for line in (folder / RECORDS).read_text().splitlines()]
    metrics = {r["name"]: r["value"] for r in records if r["kind"] == "metric"}
    assert metrics["rows_read"] == 502
    assert metrics["rows_dropped"] == metrics["dropped_unparsable_timestamp"] == 1
    assert metrics["warned_negative_value"] == 1
    params = next(r["values"] for r in records if r["kind"] == "params")
    assert params["source_digest"] == facts.source_digest
    assert {"kind": "artifact", "output": "events", "path": "report.html"} in records


def test_the_same_source_gives_the_same_files(make_config, tmp_path: Path) -> None:
    config = make_config("time,shop,sales\n2020-01-01,a,1\n2020-01-02,a,1\n")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        _run(config, tmp_path / name)
    for name in ("events.parquet", "events.json", "report.html"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def _run(config, folder: Path) -> None:
    with recording({"events": folder}):
        Executor().run(config, {}, {"events": folder})


def test_component(make_config) -> None:
    config = make_config("time,shop,sales\n")
    component = EventIngest(config)
    assert component.id == "event_ingest"
    assert list(component.outputs) == ["events"]
    assert type(config).model_validate_json(component.exec_properties["config"]) == config
