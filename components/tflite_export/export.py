"""Convert into every format, run on real samples, measure, choose, record."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from components.model_folder import ModelFolder
from components.tflite_export.choice import choose, judge
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.formats import Format
from components.tflite_export.measure import Measured, measure
from components.tflite_export.parity import Parity
from components.tflite_export.record import ExportRecord, FormatRow
from components.tflite_export.reference import Reference
from noria.errors import NoriaError
from noria.files import write_bytes

_ROW_METRICS = ("bytes", "latency_ms", "agreement", "max_difference", "task_metric", "loss")
# Fewer: a run shows every metric as a line. export.json and the report hold the rest.
_FORMAT_METRICS = ("bytes", "agreement", "task_metric")
_HALF_METRICS = {
    "tflite_half_precision_agreement": "half_agreement",
    "tflite_half_precision_max_difference": "half_max_difference",
    "tflite_half_precision_task_metric": "half_task_metric",
}


@dataclass(frozen=True)
class Export:
    """A file that was written, with what the report shows beyond its record.

    Attributes:
        record: What export.json holds.
        fp32: The file as a phone without half precision runs it, against the SavedModel.
        fp16: With FP16 arithmetic forced; None where it was not run so.
    """

    record: ExportRecord
    fp32: Parity
    fp16: Parity | None


def export(model: ModelFolder, config: TfliteExportConfig, folder: Path) -> Export:
    """Writes ``model.tflite`` and ``export.json`` into ``folder``.

    A format that cannot be converted or answers with broken numbers is a row that says so, unless it is the
    one that was asked for.

    Raises:
        DataError: The SavedModel's signature is not what its card says, or not static; calibration samples
            or labels do not fit the card.
        NoriaError: The SavedModel answers with broken numbers, the format that was asked for is not possible,
            or no format is within the accuracy budget.
    """
    reference = Reference.of(model, config)
    found: dict[Format, Measured] = {}
    rows: list[FormatRow] = []
    # What was asked for comes first: its error is not to wait for the others.
    for format in sorted(config.formats, key=lambda format: format != config.choose):
        try:
            found[format] = measure(reference, format, config)
            rows.append(found[format].row)
        except NoriaError as error:
            if format == config.choose:
                raise
            rows.append(FormatRow(format=format, why_not=error.message))
    rows = [judge(row, config) for row in sorted(rows, key=lambda row: config.formats.index(row.format))]
    chosen, because = choose(rows, config, reference.judged_on)
    rows = [row.model_copy(update={"chosen": row.format == chosen}) for row in rows]
    file = found[chosen]
    record = ExportRecord(
        model=model.card.name,
        format=chosen,
        sha256=hashlib.sha256(file.data).hexdigest(),
        metrics=_metrics(reference, rows),
        examples=len(file.single.differences),
        differences=file.single.per_output,
        fp16_exact=file.half_exact,
        signature=model.card.signature,
        formats=tuple(rows),
        chosen_because=because,
        task_metric_name=reference.test.metric_name,
        judged_on=reference.judged_on,
        judged_by=reference.judged.metric_name,
    )
    write_bytes(folder / "model.tflite", file.data)
    record.save(folder)
    return Export(record, file.single, file.half)


def _metrics(reference: Reference, rows: list[FormatRow]) -> dict[str, float]:
    """``tflite_*`` of the chosen file, ``tflite_format_NAME_*`` of every format that there is a file of."""
    (chosen,) = (row for row in rows if row.chosen)
    names = {f"tflite_{name}": name for name in _ROW_METRICS} | _HALF_METRICS
    metrics = {"tflite_model_task_metric": reference.test.task_metric()} | _numbers(chosen, names)
    for row in rows:
        metrics |= _numbers(row, {f"tflite_format_{row.format}_{name}": name for name in _FORMAT_METRICS})
    return {name: value for name, value in metrics.items() if value is not None}


def _numbers(row: FormatRow, names: Mapping[str, str]) -> dict[str, float | None]:
    values = {name: getattr(row, field) for name, field in names.items()}
    return {name: None if value is None else float(value) for name, value in values.items()}
