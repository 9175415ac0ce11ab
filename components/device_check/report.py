"""The report of a device check: one HTML page with a table and two pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from components.device_check.check import Check
from components.device_check.compare import Judgement
from components.device_check.record import DeviceRecord, DeviceResult
from components.pictures import png
from noria.files import write_bytes, write_text
from noria.html_report import Page

_COLOURS = {"half": "#3b6fb6", "single": "#e08e2b", "integer": "#4f8f4f"}


def write_report(check: Check, folder: Path) -> None:
    """Writes ``report.html``, and ``devices.png`` where a device gave answers."""
    record = check.record
    page = Page(f"{record.model} on devices")
    page.paragraph(
        f"The exported file ({record.format}, {record.file_bytes:,} bytes) on {record.samples} test samples. "
        "Emulation shows numbers, the code that was taken and how many instructions; it says nothing of time."
    )
    page.table(
        ("device", "processor", "ran", "samples that agree", "what is not as promised"), _verdicts(record)
    )
    ran = [row for row in record.devices if row.ran]
    if ran:
        page.section("Answers").table(
            (
                "device",
                "largest difference from the model",
                "from single precision on this machine",
                "task metric",
                "computed in half precision",
                "expected to",
                "every output exact in half precision",
            ),
            [
                (
                    row.device,
                    row.max_difference,
                    row.difference_from_single,
                    row.task_metric,
                    row.half_precision,
                    _word(row.half_precision_expected),
                    _word(row.half_exact),
                )
                for row in ran
            ],
        )
        page.section("Cost of one inference").table(
            ("device", "instructions", "in single precision", "half", "single", "integer", "memory, bytes"),
            [
                (
                    row.device,
                    row.instructions,
                    row.instructions_in_single,
                    row.half_instructions,
                    row.single_instructions,
                    row.integer_instructions,
                    row.memory_bytes,
                )
                for row in ran
            ],
            "in single precision: of the same file on the same device without its mark for half precision; "
            "half, single: vector arithmetic instructions of that precision; integer: dot products and "
            "multiply-accumulates. Empty: the device does not count.",
        )
        picture = devices_picture(check.judgements)
        write_bytes(folder / "devices.png", picture)
        page.picture(
            picture, "Differences from the model per sample, and arithmetic instructions per inference"
        )
    if record.not_run:
        page.section("Metrics that were not measured").table(("metric", "why"), list(record.not_run.items()))
    write_text(folder / "report.html", page.render())


def devices_picture(judgements: tuple[Judgement, ...]) -> bytes:
    """A PNG: each sample's largest difference per device, and vector instructions by kind of number."""
    figure = Figure(figsize=(10, 0.5 * len(judgements) + 1.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    rows = [judgement.result for judgement in judgements]
    for at, judgement in enumerate(judgements):
        gaps = judgement.differences if judgement.differences is not None else np.zeros(0)
        # Equal answers have no logarithm.
        shown = gaps[gaps > 0]
        left.plot(shown, np.full(len(shown), at), "|", color=_COLOURS["half"], markersize=14)
        if len(shown) < len(gaps):
            left.annotate(f"{len(gaps) - len(shown)} equal", (0.01, at), xycoords=("axes fraction", "data"))
    if any(j.differences is not None and (j.differences > 0).any() for j in judgements):
        left.set_xscale("log")
        # Between powers of ten there is room for lines, not for numbers.
        left.xaxis.set_minor_formatter("")
    left.set(xlabel="largest difference from the model in a sample", yticks=range(len(rows)))
    left.set_yticklabels([row.device for row in rows])
    left.set_ylim(len(rows) - 0.5, -0.5)
    done = np.zeros(len(rows))
    for kind, colour in _COLOURS.items():
        counts = np.array([_count(row, kind) for row in rows])
        right.barh(np.arange(len(rows)), counts, left=done, height=0.5, color=colour, label=kind)
        done = done + counts
    right.set_xlim(0, max(float(done.max()), 1.0) * 1.05)
    right.set_xlabel("vector arithmetic instructions of one inference")
    right.ticklabel_format(axis="x", style="sci", scilimits=(0, 3))
    figure.legend(*right.get_legend_handles_labels(), loc="outside upper right", ncols=3, fontsize="small")
    return png(figure)


def _verdicts(record: DeviceRecord) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for row in record.devices:
        words = "; ".join(row.findings)
        if row.why_not:
            words = f"{words}: {row.why_not}" if words else f"not run: {row.why_not}"
        agreement = "" if row.agreement is None else f"{row.agreement:.1%}"
        rows.append((row.title, row.processor, row.ran, agreement, words))
    return rows


def _count(row: DeviceResult, kind: str) -> int:
    value: int | None = getattr(row, f"{kind}_instructions")
    return value or 0


def _word(value: bool | None) -> str:
    # No colour: neither is good or bad by itself.
    return "" if value is None else "yes" if value else "no"
