"""Writes the README's table of the graph pipeline's results from a run, so that no number is copied by hand.

    python -m benchmarks.readme_results [RUN]

RUN is a finished run of ``make demo`` (default: the last one); the table between the README's two
``results`` marks is replaced.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from noria.files import write_text

_README = Path(__file__).parent.parent / "README.md"
_BEGIN, _END = "<!-- results -->", "<!-- end of results -->"
_BASELINES = {
    "linear": "linear on own features, neighbours' features and neighbours' training labels",
    "neighbour_labels": "neighbours' training labels",
    "own_features": "linear on own features (description words, a few facts)",
    "majority": "most frequent section",
}


def main(arguments: list[str]) -> None:
    """Replaces the table."""
    noria = [sys.executable, "-m", "cli.main", "show", *(arguments or ["last"]), "--json"]
    run: dict[str, Any] = json.loads(subprocess.run(noria, check=True, capture_output=True).stdout)
    if run["state"] != "succeeded" or run["pipeline"] != "graph":
        raise SystemExit(f"run {run['id']} is no finished run of the graph pipeline: {run['state']}")
    before, _, rest = _README.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    write_text(_README, f"{before}{_BEGIN}\n{table(run)}\n{_END}{after}")


def table(run: dict[str, Any]) -> str:
    """The table of one run's metrics as Markdown."""
    got = run["metrics"]
    rows = [
        f"| on {got['test_nodes']:,.0f} test packages of source packages never trained on "
        "| accuracy | macro-F1 |",
        "|---|---|---|",
        f"| **graph network** (95 % interval {_share(got['test_accuracy_low'])} to "
        f"{_share(got['test_accuracy_high'])}) | **{_share(got['test_accuracy'])}** | "
        f"**{_share(got['test_macro_f1'])}** |",
    ]
    rows += [
        f"| {text} | {_share(got[f'baseline_{name}_accuracy'])} "
        f"| {_share(got[f'baseline_{name}_macro_f1'])} |"
        for name, text in _BASELINES.items()
    ]
    steps = {step["name"]: step for step in run["steps"]}
    largest = max(step["memory_mb"] or 0 for step in run["steps"]) / 1000
    rows += [
        "",
        "| of the same run | measured |",
        "|---|---|",
        f"| all steps; of that, training | {_minutes(run['seconds'])}; "
        f"{_minutes(steps['gnn_training']['seconds'])} |",
        f"| memory of the largest step | {largest:.1f} GB |",
        f"| exported FP16 file | {got['tflite_bytes'] / 1e6:.2f} MB |",
        "| same answer as the model on real test samples, FP32 / forced FP16 arithmetic | "
        f"{got['tflite_agreement']:.1%} / {got['tflite_fp16_agreement']:.1%} |",
    ]
    return "\n".join(rows)


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


if __name__ == "__main__":
    main(sys.argv[1:])
