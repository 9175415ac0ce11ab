"""Tables and pictures of benchmarks.spectral_fft, and where they stand in docs/spectral-fft.md."""

from __future__ import annotations

import math
import os
import platform
import statistics
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from components.pictures import png

_DOCS = Path(__file__).parents[1] / "docs"
PAGE = _DOCS / "spectral-fft.md"
PICTURES = _DOCS / "pictures"
#: The parts of a transform, by the first word of a stage's name.
PARTS = {"FFT": "FFTs of local axes", "local": "local transposes", "shuffle": "shuffles"}
_COLOURS = ("#3b6fb6", "#e08e2b", "#4f8f4f", "#8064a2", "#c0504d", "#7a7a7a")
_BASE = "tensorflow"


def versions(cores: int) -> dict[str, Any]:
    """What the measurements ran on."""
    found = {name: version(name) for name in ("numpy", "scipy")}
    return found | {"cores": cores, "processor": platform.machine(), "load": os.getloadavg()[0]}


def tables(result: dict[str, Any]) -> dict[str, str]:
    """Markdown by the name of its marks, of what was measured."""
    fields, found = result["fields"], {}
    if fields:
        found["times"] = f"{_machine(result)}\n\n{times_table(fields)}\n\n{_errors(fields)}"
        found |= {"profile": profile_table(fields), "filters": filter_table(fields)}
        found["gpu"] = gpu_table(result)
    if result["memory"]:
        found["memory"] = "\n\n".join(memory_table(one) for one in result["memory"])
    return found


def times_table(fields: Sequence[dict[str, Any]]) -> str:
    """Seconds of TensorFlow, and how many times as long the others take."""
    names = list(dict.fromkeys(name for field in fields for name in field["times"]))
    others = [name for name in names if name != _BASE]
    rows = []
    for field in fields:
        base = _seconds(field["times"][_BASE])
        cells = [_shape(field), str(len(base)), f"{statistics.median(base):.3f} s"]
        for name in others:
            times = field["times"].get(name)
            cells.append(_spread(_ratios(_seconds(times), base)) if times else "")
        rows.append(cells)
    return _table(["field", "turns", "TensorFlow, not distributed", *others], rows)


def profile_table(fields: Sequence[dict[str, Any]]) -> str:
    """Shares of the parts of a transform on the mesh of eight."""
    rows = []
    for field in _detailed(fields):
        shares = part_shares(field["profile"])
        whole = statistics.median(one["seconds"] for one in field["profile"])
        total = statistics.median(sum(s for _, s in one["stages"]) for one in field["profile"])
        rows.append([_shape(field), *(f"{shares[part]:.0%}" for part in PARTS.values())])
        rows[-1] += [f"{total:.3f} s", f"{whole:.3f} s"]
    return _table(["field", *PARTS.values(), "sum of parts", "in one piece"], rows)


def part_shares(profile: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Median share of each part, over turns."""
    shares: dict[str, list[float]] = {part: [] for part in PARTS.values()}
    for one in profile:
        total = sum(seconds for _, seconds in one["stages"])
        for first, part in PARTS.items():
            held = sum(seconds for name, seconds in one["stages"] if name.split()[0] == first)
            shares[part].append(held / total)
    return {part: statistics.median(values) for part, values in shares.items()}


def filter_table(fields: Sequence[dict[str, Any]]) -> str:
    """A filter's round trip in both orders, and what the transposed one saves."""
    rows = []
    for field in _detailed(fields):
        natural, transposed = field["filters"]["natural"], field["filters"]["transposed"]
        saved = [1 - ratio for ratio in _ratios(_seconds(transposed), _seconds(natural))]
        spread = f" ({min(saved):.0%} to {max(saved):.0%})" if len(saved) > 1 else ""
        cells = [f"{statistics.median(_seconds(one)):.3f} s" for one in (natural, transposed)]
        shuffles = f"{natural[0]['shuffles']} and {transposed[0]['shuffles']}"
        rows.append([_shape(field), shuffles, *cells, f"{statistics.median(saved):.0%}{spread}"])
    return _table(["field", "shuffles", "natural order", "transposed order", "saved"], rows)


def memory_table(memory: dict[str, Any]) -> str:
    """What one device holds of the field, and peaks of a process, in parts of the field."""
    rows = [
        [
            one["name"],
            str(one["devices"]),
            str(one["processes"]),
            f"{one['device_ratio']:.3f}",
            f"{one['peak_ratio']:.2f}",
            f"{one['peak_ratio'] * one['processes'] / one['devices']:.2f}",
        ]
        for one in memory["rows"]
    ]
    head = [_shape(memory), "devices", "processes", "field on a device", "peak of a process", "per device"]
    return _table(head, rows)


def gpu_table(result: dict[str, Any]) -> str:
    """The same on GPUs, or that there were none."""
    if not result["machine"]["gpus"]:
        return "TensorFlow saw no GPU where these tables were made: nothing was measured there."
    rows = []
    for field in result["gpu"]:
        whole = _bytes(field)
        for name, times in field["times"].items():
            ratios = [_spread(_ratios(_seconds(times), _seconds(field["times"][_BASE])))]
            peak = f"{field['memory'][name] / whole:.2f}"
            rows.append(
                [_shape(field), name, f"{statistics.median(_seconds(times)):.4f} s", *ratios, peak, ""]
            )
        rows += [[_shape(field), name, "", "", "", said] for name, said in field["failed"].items()]
        if "profile" in field:
            shares = part_shares(field["profile"])
            said = ", ".join(f"{part} {share:.0%}" for part, share in shares.items())
            rows.append([_shape(field), "parts on the largest mesh", "", "", "", said])
    head = ["field", ", ".join(result["machine"]["gpus"]), "seconds", "to one GPU", "peak of a GPU", ""]
    return _table(head, rows)


def pictures(result: dict[str, Any]) -> dict[str, bytes]:
    """PNGs by the name of their file, of what was measured."""
    found = {}
    if result["fields"]:
        found["spectral_fft.png"] = _times_picture(result["fields"])
    if any(len(one["shape"]) == 2 for one in result["memory"]):
        found["spectral_fft_memory.png"] = _memory_picture(result["memory"])
    return found


def _times_picture(fields: Sequence[dict[str, Any]]) -> bytes:
    """Times by size, and the parts of a transform."""
    fields = [field for field in fields if len(field["shape"]) == 2] or fields
    figure = Figure(figsize=(8.5, 3.8), layout="constrained")
    times, parts = figure.subplots(1, 2)
    for name, colour in zip(fields[0]["times"], _COLOURS, strict=False):
        seconds = [statistics.median(_seconds(field["times"][name])) for field in fields]
        times.plot([_shape(field) for field in fields], seconds, marker="o", color=colour, label=name)
    times.set(yscale="log", ylabel="seconds of a transform")
    times.legend(fontsize=8)
    fields = _detailed(fields)
    bottom = [0.0] * len(fields)
    for part, colour in zip(PARTS.values(), _COLOURS, strict=False):
        shares = [part_shares(field["profile"])[part] for field in fields]
        parts.bar([_shape(field) for field in fields], shares, bottom=bottom, color=colour, label=part)
        bottom = [a + b for a, b in zip(bottom, shares, strict=True)]
    parts.set(ylabel="share of the time, mesh of 8", ylim=(0, 1.3))
    parts.legend(fontsize=8, loc="upper center", ncols=2)
    for axes in (times, parts):
        axes.tick_params(axis="x", labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    return png(figure)


def _memory_picture(memory: Sequence[dict[str, Any]]) -> bytes:
    """Peak of a process by devices, where each has a process of its own."""
    figure = Figure(figsize=(4.5, 3.6), layout="constrained")
    axes = figure.subplots()
    for one in memory:
        rows = [row for row in one["rows"] if row["processes"] > 1 or row["name"] == _BASE]
        if len(rows) < 2:
            continue
        peaks, devices = [row["peak_ratio"] for row in rows], [row["devices"] for row in rows]
        axes.plot(devices, peaks, marker="o", color=_COLOURS[0], label=_shape(one))
        axes.plot([1, 8], [peaks[0], peaks[0] / 8], color="black", linestyle=":", label="1/N of one's")
    axes.set(xscale="log", yscale="log", xlabel="devices, a process each", ylabel="peak of a process / field")
    axes.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.legend(fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return png(figure)


def _detailed(fields: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [field for field in fields if field["profile"]]


def _machine(result: dict[str, Any]) -> str:
    machine = result["machine"]
    left_out = "".join(f" {_shape({'shape': shape})} did not fit." for shape in result["left_out"])
    return (
        f"{machine['cores']} cores ({machine['processor']}), TensorFlow {machine['tensorflow']}, NumPy "
        f"{machine['numpy']}, SciPy {machine['scipy']}; the system's load when it started was "
        f"{machine['load']:.1f}. Medians over turns, in brackets the lowest and the highest.{left_out}"
    )


def _errors(fields: Sequence[dict[str, Any]]) -> str:
    worst: dict[str, float] = {}
    for field in fields:
        for name, error in field["errors"].items():
            worst[name] = max(error, worst.get(name, 0.0))
    listed = ", ".join(f"{name} {error:.1e}" for name, error in worst.items() if name != "numpy")
    return f"Largest relative difference to NumPy (which computes in double precision): {listed}."


def _seconds(times: Sequence[dict[str, Any]]) -> list[float]:
    return [one["seconds"] for one in times]


def _ratios(ones: Sequence[float], others: Sequence[float]) -> list[float]:
    return [a / b for a, b in zip(ones, others, strict=True)]


def _spread(values: Sequence[float]) -> str:
    middle = f"{statistics.median(values):.2f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.2f} to {max(values):.2f})"


def _shape(field: dict[str, Any]) -> str:
    shape = field["shape"]
    power = {2: "²", 3: "³"}.get(len(shape), "")
    return f"{shape[0]}{power}" if len(set(shape)) == 1 and power else " x ".join(map(str, shape))


def _bytes(field: dict[str, Any]) -> int:
    return 8 * int(math.prod(field["shape"]))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [list(head), ["---", *["---:"] * (len(head) - 1)], *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
