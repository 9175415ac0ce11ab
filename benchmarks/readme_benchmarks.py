"""Writes the README's table of benchmarks from what they measured (benchmarks/results/NAME.json).

    python -m benchmarks.readme_benchmarks

``make bench`` does so at its end. A benchmark whose file is missing has no row.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.marked_text import put
from benchmarks.readme_numbers import minutes
from benchmarks.results import FOLDER
from noria.files import read_json

_README = Path(__file__).parent.parent / "README.md"
_Rows = Iterator[tuple[str, str]]


def fresh_clone(results: Any) -> _Rows:
    """Rows of benchmarks.fresh_clone."""
    first, again = results["make demo"], results["again"]
    yield (
        "`make demo` in a fresh clone, installation included",
        f"{minutes(first['seconds'])}; {minutes(first['cpu_seconds'])} of processor time",
    )
    yield "the same again, unchanged: all steps cached", f"{again['seconds']:.1f} s"


def orchestration_overhead(results: Any) -> _Rows:
    """Rows of benchmarks.orchestration_overhead."""
    yield "orchestration, per step in a process of its own", f"{results['a step']:.2f} s"
    yield "`noria --help`; `noria runs`", f"{results['noria --help']:.2f} s; {results['noria runs']:.2f} s"


def sampling(results: Any) -> _Rows:
    """Rows of benchmarks.sampling."""
    told = []
    for one in results:
        noria = one["samplers"]["noria"]
        told.append(f"{one['setting']} graph ({noria['nodes']:.0f} nodes a subgraph): {_times(one['ratio'])}")
    yield (
        "graph sampling on one core, features included, as padded GraphTensor batches: seeds per second "
        "beside TF-GNN's own in-memory sampler (the faster of its two implementations), in turns",
        "; ".join(told),
    )


def temporal_features(results: Any) -> _Rows:
    """Rows of benchmarks.temporal_features."""
    told = []
    for one in results:
        pandas, polars = _times(one["ratio"]["pandas"]), _times(one["ratio"]["polars"])
        told.append(f"at {one['setting']}: pandas {pandas}, Polars {polars}")
    yield (
        f"temporal features of {results[0]['events']:,} sales on one core: CPU time beside Noria's, in "
        "turns, results equal (at ticks, others sum up days first)",
        "; ".join(told),
    )


def simulator(results: Any) -> _Rows:
    """Rows of benchmarks.simulator."""
    told = []
    for one in results:
        rates = one["steps_per_cpu_second"]
        told.append(
            f"{one['sessions']:,} sessions at once: {statistics.median(rates):,.0f} "
            f"({min(rates):,.0f} to {max(rates):,.0f})"
        )
    yield (
        "playlist simulator with the recurrent user model, one core: environment steps per CPU-second",
        "; ".join(told),
    )


def agents(results: Any) -> _Rows:
    """Rows of benchmarks.agents."""
    told = [
        f"batch of {one['batch']}: {_times(one['steps']['ratio'])}, drawing from the replay included "
        f"{_times(one['drawn_steps']['ratio'])}"
        for one in results
    ]
    yield (
        "AH-DQN's learner steps per CPU-second beside TF-Agents' double DQN, same network, in turns",
        "; ".join(told),
    )


def spectral_fft(results: Any) -> _Rows:
    """The row of benchmarks.spectral_fft: its largest picture of several turns, on eight devices."""
    several = [f for f in results["fields"] if len(f["shape"]) == 2 and len(f["times"]["tensorflow"]) > 1]
    field = max(several, key=lambda f: f["shape"])
    seconds = {name: [turn["seconds"] for turn in turns] for name, turns in field["times"].items()}

    def beside(name: str) -> str:
        ratios = [a / b for a, b in zip(seconds[name], seconds["tensorflow"], strict=True)]
        return _times({"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)})

    yield (
        f"2D Fourier transform of {field['shape'][0]}² complex64 on a mesh of eight logical devices on the "
        "same cores: time beside undistributed TensorFlow, in turns",
        f"{beside('mesh 8')}; SciPy with 2 workers {beside('scipy')}; [more](docs/spectral-fft.md)",
    )


_BENCHMARKS: tuple[Callable[[Any], _Rows], ...] = (
    fresh_clone,
    orchestration_overhead,
    sampling,
    temporal_features,
    simulator,
    agents,
    spectral_fft,
)


def table(folder: Path) -> str:
    """The rows of all benchmarks that a folder has results of."""
    lines = ["| what | measured | command, load of the machine before |", "|---|---|---|"]
    for rows in _BENCHMARKS:
        file = folder / f"{rows.__name__}.json"
        if not file.exists():
            continue
        measured = read_json(file)
        load = measured["machine"]["load_before"]
        for what, told in rows(measured["results"]):
            lines.append(f"| {what} | {told} | `python -m benchmarks.{rows.__name__}`, {load} |")
    return "\n".join(lines)


def _times(ratio: dict[str, float]) -> str:
    return f"{ratio['median']:.1f} times ({ratio['min']:.1f} to {ratio['max']:.1f})"


if __name__ == "__main__":
    put(_README, "benchmarks", table(FOLDER))
