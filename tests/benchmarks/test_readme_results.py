"""The README's results are what the script writes."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.readme_results import table

README = Path(__file__).parents[2] / "README.md"


def test_table_shows_the_run() -> None:
    metrics = {
        "test_nodes": 1234.0,
        "test_accuracy": 0.5,
        "test_accuracy_low": 0.25,
        "test_accuracy_high": 0.75,
    }
    metrics |= {"test_macro_f1": 0.125, "tflite_bytes": 2_500_000.0}
    metrics |= {"tflite_agreement": 1.0, "tflite_fp16_agreement": 0.98}
    for number, name in enumerate(("linear", "neighbour_labels", "own_features", "majority")):
        metrics |= {f"baseline_{name}_accuracy": number / 10, f"baseline_{name}_macro_f1": number / 100}
    steps = [{"name": "gnn_training", "seconds": 61.0, "memory_mb": 1500.0}]
    shown = table({"metrics": metrics, "steps": steps, "seconds": 125.4})
    assert "| on 1,234 test packages" in shown
    assert "**graph network** (95 % interval .250 to .750) | **.500** | **.125** |" in shown
    assert "| most frequent section | .300 | .030 |" in shown
    assert "| all steps; of that, training | 2 min 05 s; 1 min 01 s |" in shown
    assert "| memory of the largest step | 1.5 GB |" in shown
    assert "| 2.50 MB |" in shown
    assert "100.0% / 98.0% |" in shown


def test_readme_has_such_a_table() -> None:
    """Written by the script, row by row; only the numbers are the run's."""
    found = re.search(r"<!-- results -->\n(.*)\n<!-- end of results -->", README.read_text(), flags=re.DOTALL)
    assert found is not None
    lines = found.group(1).splitlines()
    assert lines[0].startswith("| on ")
    assert sum(line.startswith("|") for line in lines) == 7 + 6
    accuracy = float(re.findall(r"\*\*(\.\d{3})\*\*", lines[2])[0])
    low, high = map(float, re.findall(r"(\.\d{3}) to (\.\d{3})", lines[2])[0])
    assert low <= accuracy <= high
