"""The report of an export: one HTML page with the formats and the differences as pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from components.pictures import png
from components.tflite_export.export import Export
from components.tflite_export.formats import TITLES
from components.tflite_export.picture import formats_picture
from components.tflite_export.record import ExportRecord
from noria.errors import first_few
from noria.files import write_bytes, write_text
from noria.html_report import Page

_LATENCY = (
    "Latency is the median of single runs on one thread of the machine that exported. It says nothing about "
    "a phone; and on x86, where float files are computed in single precision, nothing about half precision."
)


def write_report(export: Export, folder: Path) -> None:
    """Writes ``report.html`` and ``formats.png``: formats, size, latency, agreement, differences."""
    record = export.record
    picture = formats_picture(record.formats, record.judged_by)
    page = Page(f"TFLite export of {record.model}")
    page.table(
        ("what", "value"),
        [
            ("format", f"{record.format}: {TITLES[record.format]}"),
            ("chosen because", record.chosen_because),
            ("bytes", int(record.metrics["tflite_bytes"])),
            ("median latency of single runs on one thread, ms", record.metrics["tflite_latency_ms"]),
            ("SHA-256", record.sha256),
        ],
    )
    page.section(f"Formats, on {record.examples} test samples")
    page.table(*_formats(record))
    page.paragraph(_LATENCY)
    page.picture(picture, "Size, loss and latency of every format; the chosen one is dark")
    page.section(f"Parity of the chosen file on {record.examples} test samples")
    page.table(("", "as it is", "FP16 arithmetic forced"), _parity(export))
    if not export.fp16:
        (chosen,) = (row for row in record.formats if row.chosen)
        page.paragraph(f"Not run with FP16 arithmetic forced: {chosen.half_why_not}.")
    page.picture(differences_picture(export), "Largest difference from the SavedModel in each sample")
    page.section("Tensors").table(
        ("kind", "name", "type", "largest difference"),
        _tensors(record),
        "Map them by name: the file permutes their order.",
    )
    write_bytes(folder / "formats.png", picture)
    write_text(folder / "report.html", page.render())


def differences_picture(export: Export) -> bytes:
    """A PNG: histogram of each sample's largest difference, on a logarithmic axis."""
    runs = {"as it is": export.fp32, "FP16 arithmetic forced": export.fp16}
    values = {name: parity.differences for name, parity in runs.items() if parity}
    positive = np.concatenate([v[v > 0] for v in values.values()] + [np.zeros(0)])
    low, high = (positive.min(), positive.max()) if len(positive) else (1e-8, 1.0)
    edges = np.geomspace(low / 1.5, high * 1.5, 41)
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    for name, each in values.items():
        # Equal answers have no logarithm: they are counted in the first bin.
        axes.hist(np.maximum(each, edges[0]), bins=edges.tolist(), alpha=0.6, label=name)
    axes.set(xscale="log", xlabel="largest absolute difference in a sample", ylabel="samples")
    axes.legend()
    return png(figure)


def _formats(record: ExportRecord) -> tuple[list[str], list[list[object]], str]:
    metric = record.task_metric_name
    header = ["format", "chosen", "bytes", "agreement", "largest difference", "agreement, FP16 forced"]
    header += [metric] if metric else []
    header += ["loss", "ms", "what stands against it, operators not in 8 bits"]
    rows: list[list[object]] = []
    for row in record.formats:
        cells: list[object] = [row.format, row.chosen or None, row.bytes, row.agreement, row.max_difference]
        cells += [row.half_agreement, *([row.task_metric] if metric else [])]
        left = f"in FP32: {first_few(row.float_operators, 20)}" if row.float_operators else ""
        notes = "; ".join(note for note in (row.why_not or row.not_eligible, left) if note)
        rows.append([*cells, row.loss, row.latency_ms, notes])
    loss = {
        "accuracy": "accuracy lost",
        "mean absolute error": "growth of the mean absolute error, as a share of the model's",
        "": "share of samples that disagree with the model (the samples have no labels)",
    }[record.judged_by]
    value = record.metrics.get("tflite_model_task_metric")
    of_model = f"; {metric} of the SavedModel on test samples: {value:.4g}" if value is not None else ""
    note = f"Loss: {loss}, on {record.judged_on}; of fp16 the worse of FP32 and FP16 arithmetic{of_model}."
    return header, rows, note


def _parity(export: Export) -> list[tuple[str, float | None, float | None]]:
    names = {
        "samples that agree with the SavedModel": "agreement",
        "largest difference": "max_difference",
        "largest difference / outputs' scale": "relative_difference",
    }
    return [
        (text, getattr(export.fp32, name), getattr(export.fp16, name) if export.fp16 else None)
        for text, name in names.items()
    ]


def _tensors(record: ExportRecord) -> list[tuple[str, str, str, float | None]]:
    return [
        (kind, name, str(spec), record.differences.get(name))
        for kind, specs in (("input", record.signature.inputs), ("output", record.signature.outputs))
        for name, spec in specs.items()
    ]
