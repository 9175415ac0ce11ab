"""The report of an export: one HTML page with the differences as a picture."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

from components.tflite_export.export import Export
from noria.files import write_text
from noria.html_report import Page


def write_report(export: Export, path: Path) -> None:
    """Writes the page: size, latency, agreement, largest differences, histogram."""
    record = export.record
    rows: list[tuple[str, float | None, float | None]] = [
        (
            "samples that agree with the SavedModel",
            export.fp32.agreement,
            export.fp16.agreement if export.fp16 else None,
        ),
        (
            "largest difference",
            export.fp32.max_difference,
            export.fp16.max_difference if export.fp16 else None,
        ),
        (
            "largest difference / outputs' scale",
            export.fp32.relative_difference,
            export.fp16.relative_difference if export.fp16 else None,
        ),
    ]
    tensors = [
        (kind, name, str(spec), record.differences.get(name))
        for kind, specs in (("input", record.signature.inputs), ("output", record.signature.outputs))
        for name, spec in specs.items()
    ]
    page = Page(f"TFLite export of {record.model}")
    page.table(
        ("what", "value"),
        [
            ("format", record.format),
            ("bytes", int(record.metrics["tflite_bytes"])),
            ("median latency of single runs on one thread, ms", record.metrics["tflite_latency_ms"]),
            ("SHA-256", record.sha256),
        ],
    )
    page.section(f"Parity on {record.examples} test samples")
    page.table(("", "FP32 arithmetic", "FP16 arithmetic forced"), rows)
    page.picture(differences_picture(export), "Largest difference from the SavedModel in each sample")
    page.section("Tensors").table(
        ("kind", "name", "type", "largest difference (FP32)"),
        tensors,
        "Map them by name: the file permutes their order.",
    )
    write_text(path, page.render())


def differences_picture(export: Export) -> bytes:
    """A PNG: histogram of each sample's largest difference, on a logarithmic axis."""
    runs = {"FP32 arithmetic": export.fp32, "FP16 arithmetic forced": export.fp16}
    values = {name: parity.differences for name, parity in runs.items() if parity}
    positive = np.concatenate([v[v > 0] for v in values.values()] + [np.zeros(0)])
    low, high = (positive.min(), positive.max()) if len(positive) else (1e-8, 1.0)
    edges = np.geomspace(low / 1.5, high * 1.5, 41)
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for name, each in values.items():
        # Equal answers have no logarithm: they are counted in the first bin.
        axes.hist(np.maximum(each, edges[0]), bins=edges, alpha=0.6, label=name)
    axes.set(xscale="log", xlabel="largest absolute difference in a sample", ylabel="samples")
    axes.legend()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    plt.close(figure)
    return buffer.getvalue()
