"""``noria score``: what is refused before a model is opened."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    path.write_text("timestamp,value\n2020-01-01,1\n")
    return path


def test_a_pipeline_that_does_not_score(noria, events):
    done = noria("score", "graph", "--events", events, "-o", "out.parquet", status=2)
    assert "pipeline graph has no batch scoring" in done.stderr


def test_events_that_are_not_there(noria, tmp_path):
    done = noria("score", "temporal", "--events", tmp_path / "none.csv", "-o", "out.parquet", status=2)
    assert "none.csv: there is no such file" in done.stderr


def test_only_parquet_is_written(noria, events):
    done = noria("score", "temporal", "--events", events, "-o", "out.csv", status=2)
    assert "scores are written as a .parquet file" in done.stderr


def test_no_run_yet(noria, events):
    done = noria("score", "temporal", "--events", events, "-o", "out.parquet", status=2)
    assert "noria run temporal" in done.stderr


def test_a_run_of_another_pipeline(noria, events):
    run = noria.json("run", "toy")["id"]
    done = noria("score", "temporal", "--run", run, "--events", events, "-o", "out.parquet", status=2)
    assert f"run {run} is one of pipeline toy, not of temporal" in done.stderr
