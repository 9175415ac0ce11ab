"""Scoring new data with a run's configuration, and its model or the registry's champion."""

from __future__ import annotations

import tempfile
from pathlib import Path

from noria.errors import NoriaError
from noria.home import Home
from noria.typed_config import load_config
from orchestration.run_catalog import all_runs, find_run
from orchestration.run_record import RunFolder
from orchestration.run_report import artifact_paths
from pipelines.registry import ScoreRequest, ScoreResult, find_pipeline


def score_run(
    home: Home,
    pipeline: str,
    events: Path,
    output: Path,
    *,
    run: str = "",
    model: str = "",
    latest: bool = False,
) -> ScoreResult:
    """Applies a model to new events.

    Args:
        home: Where runs are.
        pipeline: The pipeline's name.
        events: The file of new data.
        output: The Parquet file to write.
        run: The run whose model is taken; empty: the registry's champion, with the configuration of the
            last run that succeeded.
        model: Which of the pipeline's models; empty: the pipeline chooses.
        latest: Only the newest moment.

    Raises:
        NoriaError: The pipeline does not score, there is no such run, or the model or events cannot be used.
    """
    loaded = find_pipeline(pipeline).load()
    if loaded.score is None:
        raise NoriaError(f"pipeline {pipeline} has no batch scoring")
    if not events.exists():
        raise NoriaError(f"--events {events}: there is no such file")
    if output.suffix != ".parquet":
        raise NoriaError(f"--output {output}: scores are written as a .parquet file")
    folder = find_run(home, run) if run else _last_good(home, pipeline)
    record = folder.load()
    if record.pipeline != pipeline:
        raise NoriaError(f"run {folder.id} is one of pipeline {record.pipeline}, not of {pipeline}")
    if run and record.state != "succeeded":
        raise NoriaError(
            f"run {folder.id} {record.state}; its models are not whole",
            hint=f"finish it with: noria run {pipeline} --resume {folder.id}",
        )
    config = load_config(loaded.config_type, folder.config)
    artifacts = {name: Path(path) for name, path in artifact_paths(record).items()} if run else None
    with tempfile.TemporaryDirectory() as scratch:
        return loaded.score(
            config, ScoreRequest(events.absolute(), output, artifacts, model, latest, Path(scratch))
        )


def _last_good(home: Home, pipeline: str) -> RunFolder:
    for record in all_runs(home):
        if record.pipeline == pipeline and record.state == "succeeded" and record.remote is None:
            return RunFolder(home.runs / record.id)
    raise NoriaError(
        f"no run of pipeline {pipeline} has succeeded in {home.root}: nothing says how events are read",
        hint=f"start one with: noria run {pipeline}",
    )
