"""The README's tables of a run of the temporal pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.readme_numbers import devices_row, minutes, share

_KINDS = {"gbt": "gradient-boosted trees", "rf": "random forest"}
_STEPS = ("event_ingest", "temporal_features", "forecast_training")


def table(run: dict[str, Any]) -> str:
    """The tables of one run's metrics as Markdown."""
    got = run["metrics"]
    facts = json.loads(Path(run["artifacts"]["forecasts"], "backtest.json").read_text(encoding="utf-8"))
    windows = facts["windows"]
    rows = sum(window["test_rows"] for window in windows)
    forest = _KINDS[facts["served"]["forest"]]
    names = {f"forest ({forest})": "forest", "quantile network": "network"}
    names |= {
        f"baseline: {name.removeprefix('baseline_').removesuffix('_wape').replace('_', ' ')}": name[:-5]
        for name in sorted(got)
        if name.startswith("baseline_") and name.endswith("_wape") and "last_window" not in name
    }
    lines = [
        f"| {rows:,} weekly forecasts of {got['feature_series']:.0f} departments in {len(windows)} back-test "
        "windows | WAPE | RMSE | MASE |",
        "|---|---|---|---|",
    ]
    for title, name in names.items():
        bold = "**" if name == "forest" else ""
        values = (share(got[f"{name}_wape"]), f"{got[f'{name}_rmse']:.0f}", share(got[f"{name}_mase"]))
        lines.append(f"| {bold}{title}{bold} | " + " | ".join(f"{bold}{v}{bold}" for v in values) + " |")
    steps = {step["name"]: step["seconds"] for step in run["steps"]}
    largest = max(step["memory_mb"] or 0 for step in run["steps"]) / 1000
    lines += [
        "",
        "| of the same run | measured |",
        "|---|---|",
        *(
            f"| {title}: below the best baseline's WAPE by (95 % interval over series); loses to it on | "
            f"{got[f'{name}_wape_improvement']:.1%} ({got[f'{name}_wape_improvement_low']:.1%} to "
            f"{got[f'{name}_wape_improvement_high']:.1%}); {got[f'{name}_series_lost']:.0f} of "
            f"{got['feature_series']:.0f} departments |"
            for name, title in (("forest", "forest"), ("network", "network"))
        ),
        "| what came lay inside the 80 % interval, forest; network | "
        f"{got['forest_coverage_80']:.1%}; {got['network_coverage_80']:.1%} |",
        f"| all steps; reading {got['rows_read']:,.0f} sales lines; features and label; training | "
        + "; ".join([minutes(run["seconds"]), *(f"{steps[name]:.1f} s" for name in _STEPS)])
        + " |",
        f"| memory of the largest step | {largest:.1f} GB |",
        f"| the network as an FP16 file; same answer as the model, FP32 / forced FP16 | "
        f"{got['tflite_bytes'] / 1e3:.0f} kB; {got['tflite_agreement']:.1%} / "
        f"{got['tflite_half_precision_agreement']:.1%} |",
        devices_row(run),
    ]
    return "\n".join(lines).rstrip()


def pictures(run: dict[str, Any]) -> dict[str, Path]:
    """The run's picture of forecasts against what came."""
    return {"temporal_forecasts.png": Path(run["artifacts"]["forest_evaluation"], "series.png")}
