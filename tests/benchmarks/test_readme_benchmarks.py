"""The README's table of benchmarks says what their files hold, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import readme_benchmarks
from benchmarks.results import FOLDER, write_results

ROOT = Path(__file__).parents[2]


def ratio(median: float) -> dict[str, float]:
    return {"median": median, "min": median - 1, "max": median + 1}


def turns(*seconds: float) -> list[dict[str, float]]:
    return [{"seconds": one} for one in seconds]


SAMPLER = {"seeds_per_second": [10.0], "nodes": 140.6, "edges": 300.0}
RESULTS: dict[str, tuple[Any, str]] = {
    "fresh_clone": (
        {
            "make demo": {"seconds": 500.2, "cpu_seconds": 130.0},
            "again": {"seconds": 4.26, "cpu_seconds": 3.0},
        },
        "8 min 20 s; 2 min 10 s of processor time",
    ),
    "orchestration_overhead": (
        {"a step": 0.236, "noria --help": 0.17, "noria runs": 0.208},
        "| 0.17 s; 0.21 s |",
    ),
    "sampling": (
        [{"setting": "debian", "samplers": {"noria": SAMPLER}, "ratio": ratio(19.1)}],
        "debian graph (141 nodes a subgraph): 19.1 times (18.1 to 20.1)",
    ),
    "temporal_features": (
        [{"setting": "ticks", "events": 1469307, "ratio": {"pandas": ratio(5), "polars": ratio(1.5)}}],
        "at ticks: pandas 5.0 times (4.0 to 6.0), Polars 1.5 times (0.5 to 2.5)",
    ),
    "simulator": (
        [{"sessions": 1024, "steps_per_cpu_second": [30000.0, 10000.0, 20000.0]}],
        "1,024 sessions at once: 20,000 (10,000 to 30,000)",
    ),
    "agents": (
        [{"batch": 64, "steps": {"ratio": ratio(5.9)}, "drawn_steps": {"ratio": ratio(6.7)}}],
        "batch of 64: 5.9 times (4.9 to 6.9), drawing from the replay included 6.7 times (5.7 to 7.7)",
    ),
    "spectral_fft": (
        {
            "fields": [
                {"shape": [2048, 2048], "times": {"tensorflow": turns(1, 1)}},
                {
                    "shape": [8192, 8192],
                    "times": {"tensorflow": turns(1, 2), "scipy": turns(1, 2), "mesh 8": turns(2, 3)},
                },
                {"shape": [9999, 9999], "times": {"tensorflow": turns(1)}},
                {"shape": [256, 256, 256], "times": {"tensorflow": turns(1, 1)}},
            ]
        },
        "of 8192² complex64 on a mesh of eight logical devices on the same cores: time beside undistributed "
        "TensorFlow, in turns | 1.8 times (1.5 to 2.0); SciPy with 2 workers 1.0 times (1.0 to 1.0)",
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_row_says_what_was_measured(name: str, tmp_path: Path) -> None:
    results, told = RESULTS[name]
    write_results(tmp_path / f"{name}.json", results, load=0.3)
    table = readme_benchmarks.table(tmp_path)
    assert told in table
    assert f"| `python -m benchmarks.{name}`, 0.3 |" in table
    others = RESULTS.keys() - {name}
    assert not any(f"benchmarks.{other}" in table for other in others)


def test_the_readme_holds_the_table_of_the_files() -> None:
    assert readme_benchmarks.table(FOLDER) in (ROOT / "README.md").read_text(encoding="utf-8")
