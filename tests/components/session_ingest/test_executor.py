"""Tests of components/session_ingest/executor.py, report.py, component.py and source_digest.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from components.listening_world.config import WorldConfig
from components.session_ingest.component import SessionIngest
from components.session_ingest.config import SessionIngestConfig
from components.session_ingest.executor import Executor
from components.session_ingest.session_log import SessionLog
from components.session_ingest.source_digest import check_source, source_digest, with_source_digest
from components.tracking import RECORDS, recording
from noria.elsewhere import files_elsewhere
from noria.errors import DataError
from tests.components.session_ingest.conftest import HEADER, good_rows

SMALL = WorldConfig(users=30, items=80, sessions=300, candidates=8)


def _run(config: SessionIngestConfig, folder: Path) -> list[dict[str, object]]:
    folder.mkdir()
    with recording({"sessions": folder}):
        Executor().run(config, {}, {"sessions": folder})
    return [json.loads(line) for line in (folder / RECORDS).read_text().splitlines()]


def test_log_report_and_records(make_config, tmp_path: Path) -> None:
    rows = f"{HEADER}\n{good_rows()}s1,u1,<b>,2,2026-01-02 12:00,1\n"
    config = with_source_digest(make_config(rows, problems={"unknown_item": "drop"}))
    records = _run(config, tmp_path / "out")
    facts = SessionLog.load(tmp_path / "out").facts
    assert facts.source_digest == source_digest(config) != ""
    report = (tmp_path / "out" / "report.html").read_text()
    for text in (
        "8 sessions of 2 users with 16 tracks",
        "unknown_item",
        "<td>drop</td>",
        "row 17 of sessions.csv: item &#x27;&lt;b&gt;&#x27;",
        "data:image/png;base64,",
    ):
        assert text in report, text
    assert "made up" not in report
    metrics = {r["name"]: r["value"] for r in records if r["kind"] == "metric"}
    assert metrics["sessions"] == 8
    assert metrics["problem_unknown_item"] == 1
    assert metrics["mean_response"] == 0.5
    assert {"kind": "artifact", "output": "sessions", "path": "report.html"} in records


def test_the_same_world_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        _run(SessionIngestConfig(world=SMALL), tmp_path / name)
    for name in ("tracks.parquet", "sessions.parquet", "items.npz", "facts.json", "report.html"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert "made up" in (tmp_path / "one" / "report.html").read_text()


def test_component(make_config) -> None:
    component = SessionIngest(make_config(f"{HEADER}\n{good_rows()}"))
    assert set(component.outputs) == {"sessions"}


def test_digest_is_of_the_content_of_both_tables(make_config) -> None:
    rows = f"{HEADER}\n{good_rows()}"
    config = make_config(rows)
    digest = source_digest(config)
    Path(config.source.path).touch()
    assert source_digest(config) == digest
    Path(config.items.path).write_text("item,tempo\na,1\nb,3\n")
    assert source_digest(config) != digest
    assert source_digest(SessionIngestConfig()) == ""


def test_check_names_what_is_not_there(make_config) -> None:
    rows = f"{HEADER}\n{good_rows()}"
    check_source(make_config(rows))
    check_source(SessionIngestConfig())
    with pytest.raises(DataError, match="no column 'propensty'"):
        check_source(make_config(rows, columns={"propensity": "propensty"}))
    with pytest.raises(DataError, match="no column 'tmpo'; did you mean tempo"):
        check_source(make_config(rows, items={"features": ["tmpo"]}))
    with pytest.raises(DataError, match="no such file"):
        check_source(make_config(rows, items={"path": "nowhere.csv"}))


def test_files_that_only_steps_see_are_not_looked_for() -> None:
    config = SessionIngestConfig(source={"path": "/volume/sessions.csv"}, items={"path": "/volume/items.csv"})
    with files_elsewhere(["/volume"]) as elsewhere:
        check_source(config)
        assert source_digest(config) == ""
    assert {str(path) for path in elsewhere.asked} == {"/volume/sessions.csv", "/volume/items.csv"}
