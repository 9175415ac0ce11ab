"""Tests of components/graph_validation/executor.py and report.py."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.graph_ingest.tables import Graph
from components.graph_validation.config import GraphValidationConfig
from components.graph_validation.executor import Executor
from components.tracking import RECORDS, recording
from noria.errors import DataError
from noria.files import read_json
from noria.typed_config import parse_config

MakeGraph = Callable[..., Graph]
_LIMITS = {"max_isolated_share": 1, "max_missing_share": 1, "max_duplicate_edge_share": 1}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder for this test alone."""
    monkeypatch.setenv("NORIA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _validate(graph: Graph, folder: Path, on_breach: str = "fail", **limits: Any) -> Path:
    graph.save(folder / "graph")
    tree = {"limits": {**_LIMITS, **limits}, "on_breach": on_breach}
    config = parse_config(GraphValidationConfig, tree, "test")
    report = folder / "report"
    report.mkdir()
    with recording({"report": report}):
        Executor().run(config, {"graph": folder / "graph"}, {"report": report})
    return report


def test_a_sound_graph_gets_a_report(make_graph: MakeGraph, tmp_path: Path) -> None:
    report = _validate(make_graph(), tmp_path / "run")
    assert read_json(report / "statistics.json")["node_sets"]["item"]["size"] == 6
    checks = read_json(report / "checks.json")
    assert all(check["passed"] for check in checks)
    assert set(checks[0]) == {"name", "where", "limit", "got", "passed"}
    page = (report / "report.html").read_text()
    pictures = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert len(pictures) == 3
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)
    assert "No earlier graph to compare with" in page
    records = (report / RECORDS).read_text()
    assert '"graph_nodes", "value": 8.0' in records
    assert '"path": "report.html"' in records


def test_a_breach_ends_the_run_with_the_list_and_keeps_the_report(
    make_graph: MakeGraph, tmp_path: Path, home: Path
) -> None:
    with pytest.raises(
        DataError, match=r"3 of \d+ checks breached:\n  min_nodes of owner: got 2, limit 3\n  min_edges"
    ):
        _validate(make_graph(), tmp_path / "run", min_nodes=3, min_edges=6, max_label_distance=1)
    kept = home / "reports" / "graph_validation.html"
    assert 'class="no"' in kept.read_text()
    assert not (tmp_path / "run" / "report" / "report.html").exists()
    # What failed is nothing to compare with.
    assert not (home / "baselines").exists()


def test_a_breach_only_warns_where_asked_for(
    make_graph: MakeGraph, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    report = _validate(make_graph(), tmp_path / "run", on_breach="warn", min_nodes=3)
    assert "breached: min_nodes of owner: got 2, limit 3" in caplog.text
    assert [c["where"] for c in read_json(report / "checks.json") if not c["passed"]] == ["owner"]


def test_drift_against_the_last_that_passed(make_graph: MakeGraph, tmp_path: Path) -> None:
    changed = make_graph(likes=((0,), (1,)))
    _validate(make_graph(), tmp_path / "first")
    _validate(make_graph(), tmp_path / "same")
    with pytest.raises(DataError, match=r"drift\.max_edge_change of likes: got 0\.8, limit 0\.3") as caught:
        _validate(changed, tmp_path / "changed")
    assert "on_breach=warn where the change is meant" in caught.value.hint
    _validate(changed, tmp_path / "accepted", on_breach="warn")
    # From now on the accepted one is what others are compared with.
    report = _validate(changed, tmp_path / "again")
    assert "Compared with the last graph" in (report / "report.html").read_text()


def test_another_source_is_not_compared(make_graph: MakeGraph, tmp_path: Path) -> None:
    _validate(make_graph(), tmp_path / "first")
    other = make_graph(likes=((0,), (1,)), notes={"source": {"kind": "tables", "path": "elsewhere"}})
    report = _validate(other, tmp_path / "other")
    assert "No earlier graph" in (report / "report.html").read_text()
