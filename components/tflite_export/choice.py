"""Which of the formats becomes model.tflite."""

from __future__ import annotations

from collections.abc import Sequence

from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.formats import FORMATS, Format
from components.tflite_export.record import FormatRow
from noria.errors import NoriaError


def choose(rows: Sequence[FormatRow], config: TfliteExportConfig, judged_on: str) -> tuple[Format, str]:
    """Chooses a format and says why.

    ``smallest`` takes the smallest file within ``max_loss``. Of files of one size it takes the one with less
    precision: an FP16 file has the size of one with half-precision weights only, and computes twice as much
    in one instruction where a processor has half precision.

    Args:
        rows: What came of every format; ``judge`` has filled in which are eligible.
        config: The rule.
        judged_on: In words, which samples the losses are of.

    Raises:
        NoriaError: No format is within max_loss; says what stands against each.
    """
    if config.choose != "smallest":
        return config.choose, "the configuration asks for it"
    eligible = [row for row in rows if not row.not_eligible]
    if not eligible:
        against = "; ".join(f"{row.format}: {row.not_eligible}" for row in rows)
        raise NoriaError(
            f"no format is within max_loss={config.max_loss:g} on {judged_on}: {against}",
            hint="raise tflite_export.max_loss, add formats, or choose one of them by name",
        )
    best = min(eligible, key=lambda row: (row.bytes, -FORMATS.index(row.format)))
    others = f"of {len(eligible)} formats" if len(eligible) > 1 else "and only one"
    return best.format, f"the smallest {others} with a loss of at most {config.max_loss:g} on {judged_on}"


def judge(row: FormatRow, config: TfliteExportConfig) -> FormatRow:
    """Fills in ``not_eligible``: what stands against a format when the smallest is wanted."""
    against = ""
    if row.why_not or row.loss is None:
        against = row.why_not or "nothing was measured"
    elif row.format == "fp16" and row.half_agreement is None:
        # On a phone it is computed in half precision: single precision's answers say too little.
        against = f"its half-precision answers are not known: {row.half_why_not}"
    elif row.loss > config.max_loss:
        against = f"its loss is {row.loss:.4g}"
    return row.model_copy(update={"not_eligible": against})
