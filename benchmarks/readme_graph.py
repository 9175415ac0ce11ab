"""The README's tables of a run of the graph pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.readme_numbers import devices_row, minutes, share
from noria.files import read_json

_BASELINES = {
    "linear": "linear on own features, neighbours' features and neighbours' training labels",
    "neighbour_labels": "neighbours' training labels",
    "own_features": "linear on own features (description words, a few facts)",
    "majority": "most frequent section",
}


def table(run: dict[str, Any]) -> str:
    """The table of one run's metrics as Markdown."""
    got = run["metrics"]
    rows = [
        f"| on {got['test_nodes']:,.0f} test packages of source packages never trained on "
        "| accuracy | macro-F1 |",
        "|---|---|---|",
        f"| **graph network** (95 % interval {share(got['test_accuracy_low'])} to "
        f"{share(got['test_accuracy_high'])}) | **{share(got['test_accuracy'])}** | "
        f"**{share(got['test_macro_f1'])}** |",
    ]
    rows += [
        f"| {text} | {share(got[f'baseline_{name}_accuracy'])} | {share(got[f'baseline_{name}_macro_f1'])} |"
        for name, text in _BASELINES.items()
    ]
    steps = {step["name"]: step for step in run["steps"]}
    largest = max(step["memory_mb"] or 0 for step in run["steps"]) / 1000
    rows += [
        "",
        "| of the same run | measured |",
        "|---|---|",
        f"| nodes and edges of the graph | {got['graph_nodes']:,.0f}; {got['graph_edges']:,.0f} |",
        f"| all steps; of that, training | {minutes(run['seconds'])}; "
        f"{minutes(steps['gnn_training']['seconds'])} |",
        f"| memory of the largest step | {largest:.1f} GB |",
        *_formats(run),
        devices_row(run),
    ]
    return "\n".join(rows).rstrip()


def _formats(run: dict[str, Any]) -> list[str]:
    record = read_json(Path(run["artifacts"]["tflite"], "export.json"))
    made = [row for row in record["formats"] if row["bytes"]]
    cells = "; ".join(f"{row['format']} {row['bytes'] / 1e6:.2f} MB, {row['agreement']:.1%}" for row in made)
    chosen = record["format"]
    return [
        f"| exported file: size, same answer as the model on real test samples; chosen: {chosen} | {cells} |"
    ]


def pictures(run: dict[str, Any]) -> dict[str, Path]:
    """None of its report is in the README."""
    del run
    return {}
