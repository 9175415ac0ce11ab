"""The README's tables of a run of the graph pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.readme_numbers import minutes, share

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
        f"| all steps; of that, training | {minutes(run['seconds'])}; "
        f"{minutes(steps['gnn_training']['seconds'])} |",
        f"| memory of the largest step | {largest:.1f} GB |",
        f"| exported FP16 file | {got['tflite_bytes'] / 1e6:.2f} MB |",
        "| same answer as the model on real test samples, FP32 / forced FP16 arithmetic | "
        f"{got['tflite_agreement']:.1%} / {got['tflite_fp16_agreement']:.1%} |",
    ]
    return "\n".join(rows)


def pictures(run: dict[str, Any]) -> dict[str, Path]:
    """None of its report is in the README."""
    del run
    return {}
