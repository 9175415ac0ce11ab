"""What is told about runs: the JSON shapes of docs/command-line.md, made from files only."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from noria.files import read_json
from noria.journal import read_journal
from orchestration.run_metrics import result_metrics
from orchestration.run_record import RunFolder, RunRecord

PROMOTION = "promotion.json"


def run_line(folder: RunFolder, record: RunRecord) -> dict[str, Any]:
    """One entry of ``noria runs --json``."""
    return {
        "id": record.id,
        "pipeline": record.pipeline,
        "target": record.target,
        "state": record.state,
        "started": record.started,
        "seconds": record.seconds,
        "metrics": _metrics(folder, record),
        "remote": asdict(record.remote) if record.remote else None,
    }


def run_details(folder: RunFolder, record: RunRecord) -> dict[str, Any]:
    """The object of ``noria show --json``."""
    mlflow = read_json(folder.mlflow) if folder.mlflow.exists() else {}
    return {
        **run_line(folder, record),
        "ended": record.ended,
        "error": record.error,
        "resumed_from": record.resumed_from,
        "git_commit": record.git_commit,
        "config": str(folder.config),
        "steps": [
            {
                "name": step.name,
                "state": step.state,
                "cached": step.cached,
                "seconds": step.seconds,
                "attempts": step.attempts,
                "log": step.log,
                "error": step.error,
                "memory_mb": step.memory_mb,
            }
            for step in record.steps
        ],
        "artifacts": artifact_paths(record),
        "reports": _reports(folder, record),
        "promotions": _promotions(record),
        "mlflow_run_id": mlflow.get("run_id", ""),
        "mlflow_delivered": mlflow.get("complete", False),
    }


def artifact_paths(record: RunRecord) -> dict[str, str]:
    """Folder of every output by its name; outputs of one name are told apart as ``step.output``."""
    count = Counter(key for step in record.steps for key in step.outputs)
    return {
        key if count[key] == 1 else f"{step.name}.{key}": uri
        for step in record.steps
        for key, uri in step.outputs.items()
    }


def _metrics(folder: RunFolder, record: RunRecord) -> dict[str, float]:
    return record.metrics if record.over else result_metrics(folder.journal)


def _reports(folder: RunFolder, record: RunRecord) -> list[str]:
    paths = []
    for entry in read_journal(folder.journal):
        if entry["kind"] == "artifact":
            root = record.step(entry["step"]).outputs.get(entry["output"])
            if root and (path := Path(root) / entry["path"]).exists():
                paths.append(str(path))
    return sorted(set(paths))


def _promotions(record: RunRecord) -> list[dict[str, Any]]:
    return [
        {"step": step.name, **read_json(path)}
        for step in record.steps
        for uri in step.outputs.values()
        if (path := Path(uri) / PROMOTION).is_file()
    ]
