"""The README's results are what the script writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks import readme_board_game, readme_spectral, readme_temporal
from benchmarks.readme_graph import table

README = Path(__file__).parents[2] / "README.md"


def on_devices(folder: Path) -> dict[str, str]:
    """Artifacts of a run whose file was tried on three devices."""
    rows = [
        {"device": "a", "ran": True, "half_precision": True, "agreement": 1.0, "instructions": 2000}
        | {"instructions_in_single": 3000},
        {"device": "b", "ran": True, "half_precision": False, "agreement": 0.95, "instructions": None},
        {"device": "c", "ran": False, "half_precision": None},
    ]
    (folder / "devices.json").write_text(json.dumps({"devices": rows}))
    return {"devices": str(folder)}


DEVICES = (
    "the file on a (half precision), on b (single precision), on c (no precision) | 100.0% the same, 2,000 "
    "instructions, 1.50 times fewer than in single precision; 95.0% the same; not run"
)


def test_table_shows_the_run(tmp_path: Path) -> None:
    rows = [
        {"format": "fp16", "bytes": 2_500_000, "agreement": 1.0},
        {"format": "int8", "bytes": None, "agreement": None},
    ]
    (tmp_path / "export.json").write_text(json.dumps({"format": "fp16", "formats": rows}))
    metrics = {
        "test_nodes": 1234.0,
        "graph_nodes": 5000.0,
        "graph_edges": 60000.0,
        "test_accuracy": 0.5,
        "test_accuracy_low": 0.25,
        "test_accuracy_high": 0.75,
    }
    metrics |= {"test_macro_f1": 0.125}
    for number, name in enumerate(("linear", "neighbour_labels", "own_features", "majority")):
        metrics |= {f"baseline_{name}_accuracy": number / 10, f"baseline_{name}_macro_f1": number / 100}
    steps = [{"name": "gnn_training", "seconds": 61.0, "memory_mb": 1500.0}]
    artifacts = {"tflite": str(tmp_path), **on_devices(tmp_path)}
    shown = table({"metrics": metrics, "steps": steps, "seconds": 125.4, "artifacts": artifacts})
    assert "| on 1,234 test packages" in shown
    assert "**graph network** (95 % interval .250 to .750) | **.500** | **.125** |" in shown
    assert "| most frequent section | .300 | .030 |" in shown
    assert "| all steps; of that, training | 2 min 05 s; 1 min 01 s |" in shown
    assert "| memory of the largest step | 1.5 GB |" in shown
    assert "chosen: fp16 | fp16 2.50 MB, 100.0% |" in shown
    assert f"| {DEVICES} |" in shown


def test_readme_has_such_a_table() -> None:
    """Written by the script, row by row; only the numbers are the run's."""
    found = re.search(
        r"<!-- results of graph -->\n(.*)\n<!-- end of graph -->", README.read_text(), flags=re.DOTALL
    )
    assert found is not None
    lines = found.group(1).splitlines()
    assert lines[0].startswith("| on ")
    assert sum(line.startswith("|") for line in lines) == 7 + 7
    accuracy = float(re.findall(r"\*\*(\.\d{3})\*\*", lines[2])[0])
    low, high = map(float, re.findall(r"(\.\d{3}) to (\.\d{3})", lines[2])[0])
    assert low <= accuracy <= high


def test_temporal_table_shows_the_run(tmp_path: Path) -> None:
    windows = [{"test_rows": 88}, {"test_rows": 12}]
    (tmp_path / "backtest.json").write_text(json.dumps({"windows": windows, "served": {"forest": "rf"}}))
    metrics = {"feature_series": 22.0, "rows_read": 1000.0, "tflite_bytes": 52_000.0}
    metrics |= {"tflite_agreement": 1.0, "tflite_half_precision_agreement": 0.98}
    for number, name in enumerate(("forest", "network", "baseline_seasonal_naive"), start=1):
        metrics |= {f"{name}_wape": number / 10, f"{name}_rmse": 100.0 * number, f"{name}_mase": 0.5 + number}
    for name in ("forest", "network"):
        metrics |= {f"{name}_wape_improvement": 0.125, f"{name}_coverage_80": 0.75}
        metrics |= {f"{name}_wape_improvement_low": -0.01, f"{name}_wape_improvement_high": 0.2}
        metrics |= {f"{name}_series_lost": 9.0}
    names = ("event_ingest", "temporal_features", "forecast_training")
    steps = [{"name": name, "seconds": 3.0, "memory_mb": 1500.0} for name in names]
    run = {"metrics": metrics, "steps": steps, "seconds": 125.4, "artifacts": {"forecasts": str(tmp_path)}}
    shown = readme_temporal.table(run)
    assert "| 100 weekly forecasts of 22 departments in 2 back-test windows |" in shown
    assert "| **forest (random forest)** | **.100** | **100** | **1.500** |" in shown
    assert "| baseline: seasonal naive | .300 | 300 | 3.500 |" in shown
    assert "12.5% (-1.0% to 20.0%); 9 of 22 departments |" in shown
    assert "| 52 kB; 100.0% / 98.0% |" in shown


def test_readme_has_the_temporal_table() -> None:
    pattern = r"<!-- results of temporal -->\n(.*)\n<!-- end of temporal -->"
    found = re.search(pattern, README.read_text(), flags=re.DOTALL)
    assert found is not None
    wape = [
        float(value) for value in re.findall(r"^\|[^|]*\| \**(\.\d{3})\** \|", found.group(1), re.MULTILINE)
    ]
    # The forest, the network, and at least four baselines, each worse than the forest.
    assert len(wape) >= 6
    assert wape[0] == min(wape)


def test_spectral_table_shows_the_run() -> None:
    names = ("", "baseline_raw_pixels_", "baseline_majority_")
    cases = ("test", "circular", "filled")
    metrics = {f"{name}{case}_accuracy": 0.5 for name in names for case in cases} | {"test_images": 1500.0}
    for method in ("wavelet", "spectral_wiener", "gaussian", "spectral_threshold", "noisy"):
        metrics |= {f"denoise_{method}_psnr": 27.12, f"denoise_{method}_ssim": 0.7}
    metrics |= {"fft_max_relative_error": 1.3e-7, "fft_checked_whole": 10.0, "memory_per_device_ratio": 0.131}
    metrics |= {"registration_max_error": 0.0, "tflite_bytes": 256_000.0, "tflite_agreement": 1.0}
    metrics |= {"tflite_half_precision_agreement": 0.98}
    steps = [{"name": "spectral_training", "seconds": 3.0, "memory_mb": 1500.0}]
    shown = readme_spectral.table({"metrics": metrics, "steps": steps, "seconds": 125.4, "artifacts": {}})
    assert "| accuracy on 1,500 test images |" in shown
    assert shown.count("| .500 | .500 | .500 |") == 3
    assert "| Gaussian | 27.1 | .700 |" in shown
    assert "10 fields whole | 1.3e-07 |" in shown
    assert "| 256 kB; 100.0% / 98.0% |" in shown
    assert "<!-- results of spectral -->\n|" in README.read_text()


@pytest.mark.parametrize(
    ("game", "metrics", "row"),
    [
        (
            "plane_strike",
            {
                "tflite_expected_strikes": 11.934,
                "baseline_posterior_greedy_expected_strikes": 11.92,
                "baseline_random_expected_strikes": 57.78,
            },
            "| **the exported FP16 file** | **11.93** |",
        ),
        (
            "tic_tac_toe",
            {
                "tflite_losses": 0.0,
                "tflite_score": 0.953,
                "baseline_perfect_losses": 0.0,
                "baseline_perfect_score": 0.9556,
                "baseline_random_score": 0.0,
            },
            "| **the exported FP16 file** | **0** | **0.953** |",
        ),
    ],
)
def test_tables_of_games_show_the_run(tmp_path: Path, game: str, metrics: dict[str, float], row: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"game: {game}\n")
    steps = [{"name": "policy_training", "seconds": 61.0}]
    run = {"config": str(config), "steps": steps, "metrics": {**metrics, "tflite_bytes": 52_000.0}}
    run["artifacts"] = on_devices(tmp_path)
    shown = readme_board_game.table(run)
    assert row in shown
    assert "Training took 61 s; the file has 52 kB. As for the file on a (half precision)," in shown
    assert f"<!-- results of {game} -->\n|" in README.read_text()
