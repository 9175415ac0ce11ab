"""The numbers that gates look at, out of every device's row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from components.device_check.compare import Judgement
from components.device_check.record import DeviceRecord, DeviceResult

# Fields of a row that are metrics of a device.
MEASURES = (
    "agreement",
    "max_difference",
    "difference_from_single",
    "task_metric",
    "half_precision",
    "instructions",
    "half_instructions",
    "single_instructions",
    "integer_instructions",
    "instructions_in_single",
    "memory_bytes",
)
_TOLD = ("agreement", "max_difference", "instructions", "instructions_in_single")
_NOT_EVERYWHERE = {
    **dict.fromkeys(
        [m for m in MEASURES if m.endswith("instructions")], "instructions are not counted there"
    ),
    "memory_bytes": "memory is not measured there",
    "task_metric": "the model's task has no labels",
}
AGGREGATES = (
    "device_agreement",
    "device_max_difference",
    "device_half_precision",
    "device_fallback_difference",
    "device_task_metric",
)


def summarize(
    judgements: Sequence[Judgement],
    *,
    task: Literal["classification", "regression"],
    half_marked: bool,
    labels: bool,
) -> tuple[dict[str, float], dict[str, str]]:
    """Metrics by name, and those that could not be measured with the reason.

    A device that could not be had leaves every aggregate among those not run, with what the others gave kept
    in the metrics. A device on which the file failed counts: agreement 0, not the expected precision, and no
    largest difference.

    Args:
        judgements: One per device.
        task: Whether a large task metric is good.
        half_marked: The file allows half-precision arithmetic.
        labels: The samples have labels.
    """
    metrics: dict[str, float] = {}
    not_run: dict[str, str] = {}
    for judgement in judgements:
        _device(judgement.result, metrics, not_run)
    tried = [j for j in judgements if not unavailable(j.result)]
    rows = [j.result for j in tried]
    fallbacks = [j for j in tried if not j.result.half_precision_expected]
    worst: Callable[[Sequence[float]], float] = min if task == "classification" else max
    columns: dict[str, tuple[list[float | None], Callable[[Sequence[float]], float]]] = {
        "device_agreement": ([row.agreement for row in rows], min),
        "device_max_difference": ([row.max_difference for row in rows], max),
        "device_half_precision": ([float(_as_promised(row)) for row in rows], _mean),
        "device_fallback_difference": ([j.fallback_difference for j in fallbacks], max),
        "device_task_metric": ([row.task_metric for row in rows], worst),
    }
    lacking: set[str] = set()
    for name, (values, combine) in columns.items():
        known = [value for value in values if value is not None]
        if known and len(known) == len(values):
            metrics[name] = combine(known)
        elif known or values:
            # It is lacking because of what the file did: that is no excuse of the machine's.
            lacking.add(name)
    missing = "; ".join(f"{j.result.device}: {j.result.why_not}" for j in judgements if unavailable(j.result))
    if why := missing or ("" if judgements else "no device is listed"):
        not_run.update({name: why for name in AGGREGATES if name not in lacking})
    if not labels:
        not_run["device_task_metric"] = _NOT_EVERYWHERE["task_metric"]
    if half_marked and rows and not any(row.half_precision_expected for row in rows) and not missing:
        not_run["device_half_precision"] = "none of the devices has half-precision arithmetic"
        metrics.pop("device_half_precision")
    if rows and not fallbacks and not missing:
        not_run["device_fallback_difference"] = "every device computes this file in half precision"
    return metrics, not_run


def told_metrics(record: DeviceRecord) -> dict[str, float]:
    """What a run tells: less than what gates may ask for, and nothing that only some devices gave."""
    names = [*AGGREGATES, *(f"device_{row.device}_{measure}" for row in record.devices for measure in _TOLD)]
    known = record.metrics.keys() - record.not_run.keys()
    return {name: record.metrics[name] for name in names if name in known}


def unavailable(row: DeviceResult) -> bool:
    """The device could not be had; false where the file failed on it."""
    return not row.ran and row.agreement is None


def _device(row: DeviceResult, metrics: dict[str, float], not_run: dict[str, str]) -> None:
    for measure in MEASURES:
        name = f"device_{row.device}_{measure}"
        value = getattr(row, measure)
        if value is not None:
            metrics[name] = float(value)
        elif unavailable(row):
            not_run[name] = row.why_not
        elif row.ran and measure in _NOT_EVERYWHERE:
            not_run[name] = _NOT_EVERYWHERE[measure]


def _as_promised(row: DeviceResult) -> bool:
    return row.ran and row.half_precision == row.half_precision_expected


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
