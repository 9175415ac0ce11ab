"""Two to six runs side by side: settings that differ, metrics with the best marked, curves, gate tables."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import yaml
from pydantic import BaseModel

from dashboard.masking import Mask
from dashboard.run_index import RunIndex
from dashboard.services.curves import Points, learning_curves
from noria.errors import NoriaError
from noria.files import read_json
from noria.home import Home
from orchestration.mlflow_server import connect
from orchestration.run_comparison import compare_runs
from orchestration.run_record import RunFolder
from orchestration.run_report import run_details

FEWEST, MOST = 2, 6

# Words of a metric's name that say which way is better, where no gate does.
_LOWER = {
    *("loss", "error", "wape", "rmse", "mase", "mae", "mse", "mape", "pinball", "brier", "ece", "latency"),
    *("bytes", "seconds", "ms", "strikes", "regret", "perplexity", "nll", "difference", "mb"),
}
_HIGHER = {
    *("accuracy", "f1", "auc", "precision", "recall", "agreement", "improvement", "return", "reward", "ndcg"),
    *("hit", "mrr", "r2", "score", "wins"),
}


class ComparedRun(BaseModel):
    """What stands above a run's column."""

    id: str
    pipeline: str
    state: str
    started: str
    seconds: float
    promotions: list[dict[str, Any]]


class Row(BaseModel):
    """One setting or metric; a value per run, None where a run has none.

    Attributes:
        better: lower, higher, or empty where nobody said.
        best: Which columns hold the best value; empty where ``better`` is, or all are equal.
    """

    name: str
    values: list[Any]
    better: str = ""
    best: list[int] = []


class Comparison(BaseModel):
    """What the page shows and the API gives; ``curves`` is run -> step/metric -> (epoch, value)."""

    runs: list[ComparedRun]
    settings: list[Row]
    metrics: list[Row]
    curves: dict[str, dict[str, Points]]


def compare(runs: RunIndex, ids: Sequence[str], mask: Mask) -> Comparison:
    """Compares runs.

    Args:
        runs: Where they are looked up.
        ids: Their order is that of the columns; a run that is named twice counts once.
        mask: Hides secrets among the settings.

    Raises:
        NotFoundError: There is no run of that id.
        NoriaError: Fewer than two or more than six.
    """
    folders = _folders(runs, ids)
    tables = compare_runs(folders)
    gates = gate_directions([_config(folder) for folder in folders])
    return Comparison(
        runs=[_column(folder, mask) for folder in folders],
        settings=[
            Row(name=name, values=[_masked(mask, name, value) for value in values])
            for name, values in tables["settings"].items()
        ],
        metrics=[
            _metric(name, values, gates)
            # Those that differ first.
            for name, values in sorted(tables["metrics"].items(), key=lambda row: (_same(row[1]), row[0]))
        ],
        curves={folder.id: learning_curves(folder.journal) for folder in folders},
    )


def mlflow_comparison(home: Home, runs: RunIndex, ids: Sequence[str]) -> str:
    """Path of MLflow's own comparison of the same runs, below the server's root. Slow: asks MLflow.

    Raises:
        NoriaError: MLflow does not know one of the runs (yet).
    """
    client = connect(home, os.environ.get("MLFLOW_TRACKING_URI", ""))
    known = []
    for folder in _folders(runs, ids):
        run_id = read_json(folder.mlflow).get("run_id", "") if folder.mlflow.exists() else ""
        if not run_id:
            raise NoriaError(f"MLflow does not know run {folder.id} yet", hint="deliver it with: noria sync")
        known.append(run_id)
    experiments = sorted({str(client.get_run(run_id).info.experiment_id) for run_id in known})
    # The page is a script that reads these behind the #.
    return f"#/compare-runs?runs={quote(json.dumps(known))}&experiments={quote(json.dumps(experiments))}"


def direction(metric: str, gates: Mapping[str, str] | None = None) -> str:
    """Which way a metric is better: what a gate on it says, else what its name says, else nothing."""
    if gates and metric in gates:
        return gates[metric]
    # The last word that says something counts: loss_improvement is an improvement.
    for word in reversed(re.split(r"[^a-z0-9]+", metric.lower())):
        if word in _LOWER:
            return "lower"
        if word in _HIGHER:
            return "higher"
    return ""


def gate_directions(configs: Sequence[Any]) -> dict[str, str]:
    """Reads every gate in the runs' configurations: metric -> lower or higher."""
    found: dict[str, str] = {}
    waiting: list[Any] = list(configs)
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            if {"kind", "metric"} <= value.keys():
                by_kind = {"minimum": "higher", "maximum": "lower"}
                said = by_kind.get(value["kind"], value.get("better", "higher"))
                found.setdefault(str(value["metric"]), str(said))
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def _folders(runs: RunIndex, ids: Sequence[str]) -> list[RunFolder]:
    folders = [runs.find(run_id) for run_id in dict.fromkeys(ids)]
    if not FEWEST <= len(folders) <= MOST:
        raise NoriaError(
            f"{len(folders)} run(s) cannot be compared: expected {FEWEST} to {MOST}",
            hint="choose them on the page Compare",
        )
    return folders


def _masked(mask: Mask, name: str, value: Any) -> Any:
    key = name.rpartition(".")[2]
    return mask.tree({key: value})[key]


def _config(folder: RunFolder) -> Any:
    return yaml.safe_load(folder.config.read_text(encoding="utf-8"))


def _column(folder: RunFolder, mask: Mask) -> ComparedRun:
    details = mask.tree(run_details(folder, folder.load()))
    return ComparedRun(**{name: details[name] for name in ComparedRun.model_fields})


def _same(values: Sequence[Any]) -> bool:
    return all(value == values[0] for value in values)


def _metric(name: str, values: list[Any], gates: Mapping[str, str]) -> Row:
    # What baselines and champions reached is no merit of a run.
    better = "" if name.startswith(("baseline_", "champion_")) else direction(name, gates)
    numbers = {i: v for i, v in enumerate(values) if isinstance(v, int | float) and math.isfinite(v)}
    best: list[int] = []
    if better and len(set(numbers.values())) > 1:
        wanted = (min if better == "lower" else max)(numbers.values())
        best = [i for i, value in numbers.items() if value == wanted]
    # JSON has no NaN.
    shown = [None if isinstance(v, float) and not math.isfinite(v) else v for v in values]
    return Row(name=name, values=shown, better=better, best=best)
