"""The benchmark as Markdown, HTML and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from components.device_lab.published_models.catalogue import CLAIMED_SPEEDUP
from components.device_lab.published_models.record import BenchmarkRecord, ModelRow, RunRow
from noria.files import write_bytes, write_json, write_text
from noria.html_report import Page

Cell = str | int | float | bool | None
Table = tuple[str, list[str], list[list[Cell]]]

# The two processors whose comparison is the post's: with half precision, and without.
_WITH, _WITHOUT = "neoverse-n1", "cortex-a53"


def write_reports(record: BenchmarkRecord, folder: Path) -> None:
    """Writes ``benchmark.json``, ``.md`` and ``.html``, and, where FP16 was counted, ``.png``."""
    write_json(folder / "benchmark.json", record.model_dump(mode="json"))
    write_text(folder / "benchmark.md", markdown(record))
    page = Page("The half-precision post's models on devices")
    page.paragraph(_introduction(record))
    if ratios := _ratios(record):
        from components.pictures import bars

        picture = bars(ratios, "vector arithmetic instructions, FP32 by FP16")
        write_bytes(folder / "benchmark.png", picture)
        page.picture(picture, f"{_WITH}: how many times fewer vector arithmetic instructions FP16 takes")
    for title, header, rows in _tables(record):
        page.section(title).table(header, rows)
    write_text(folder / "benchmark.html", page.render())


def markdown(record: BenchmarkRecord) -> str:
    """All tables."""
    parts = [_introduction(record)]
    for title, header, rows in _tables(record):
        parts += [f"## {title}", "\n".join(_markdown_rows(header, rows))]
    return "\n\n".join(parts) + "\n"


def _introduction(record: BenchmarkRecord) -> str:
    return (
        f"The post ({record.post}) claims: {record.claim}, measured in time on phones. Emulation measures no "
        f"time: here are answers and counted instructions, on {record.samples} picture(s) a file. "
        "Differences are those of the output that counts, from the same network in single precision on this "
        "machine, as a share of that output's largest value."
    )


def _tables(record: BenchmarkRecord) -> list[Table]:
    tables = [_had(record)]
    if any(model.had for model in record.models):
        tables += [_claim(record), _sizes(record), _runs(record)]
    if reasons := _not_run(record):
        tables.append(("What was not run", ["model", "format", "device", "why"], reasons))
    return tables


def _had(record: BenchmarkRecord) -> Table:
    rows: list[list[Cell]] = [
        [model.name, model.title, model.had, _sentence(model)] for model in record.models
    ]
    return "Which of the models could be had", ["model", "the post's", "had", "from, or why not"], rows


def _sentence(model: ModelRow) -> str:
    return ". ".join(filter(None, [model.source or model.why_not, model.note.rstrip(".")]))


def _claim(record: BenchmarkRecord) -> Table:
    header = [
        "model",
        "the post: faster",
        "vector arithmetic FP32",
        "FP16: half",
        "FP16: single",
        "fewer by",
        "all instructions FP32",
        "FP16",
        "fewer by",
        "FP16 difference",
        "agreement",
        f"{_WITHOUT}: FP16 file's difference from itself in single precision here, in the output's units",
    ]
    rows = [_claim_row(model) for model in _present(record)]
    return f"Beside the post: {_WITH}, FP16 file against FP32 file, one inference", header, rows


def _ratios(record: BenchmarkRecord) -> dict[str, float]:
    ratios = {}
    for model in _present(record):
        single, half = model.run("fp32", _WITH), model.run("fp16", _WITH)
        if single and half and single.single_instructions and half.half_instructions:
            ratios[model.name] = single.single_instructions / (
                half.half_instructions + (half.single_instructions or 0)
            )
    return ratios


def _claim_row(model: ModelRow) -> list[Cell]:
    none = RunRow(format="", device="", ran=False)
    single, half = model.run("fp32", _WITH) or none, model.run("fp16", _WITH) or none
    fallback = model.run("fp16", _WITHOUT) or none
    return [
        model.name,
        f"about {CLAIMED_SPEEDUP:g}x",
        single.single_instructions,
        half.half_instructions,
        half.single_instructions,
        _ratio(single.single_instructions, (half.half_instructions or 0) + (half.single_instructions or 0)),
        single.instructions,
        half.instructions,
        _ratio(single.instructions, half.instructions),
        _relative(half),
        half.agreement,
        _short(fallback.difference_from_single),
    ]


def _sizes(record: BenchmarkRecord) -> Table:
    formats = [row.format for row in _present(record)[0].formats]
    rows: list[list[Cell]] = [
        [model.name, *(_size(model, format) for format in formats)] for model in _present(record)
    ]
    return "Bytes of every format", ["model", *formats], rows


def _size(model: ModelRow, format: str) -> Cell:
    row = next(row for row in model.formats if row.format == format)
    return row.bytes if row.bytes is not None else f"not possible: {row.why_not}"


def _runs(record: BenchmarkRecord) -> Table:
    header = ["model", "format", "device", "computed in half", "difference", "agreement", "half exact"]
    header += ["instructions", "half", "single", "integer", "memory MB"]
    rows: list[list[Cell]] = [
        [
            model.name,
            run.format,
            run.device,
            run.half_precision,
            _relative(run),
            run.agreement,
            run.half_exact,
            run.instructions,
            run.half_instructions,
            run.single_instructions,
            run.integer_instructions,
            run.memory_bytes and round(run.memory_bytes / 1e6, 1),
        ]
        for model in _present(record)
        for run in model.runs
        if run.ran
    ]
    return "Every format on every device", header, rows


def _not_run(record: BenchmarkRecord) -> list[list[Cell]]:
    return [
        [model.name, run.format, run.device, " ".join(run.why_not.split())[:300]]
        for model in _present(record)
        for run in model.runs
        if not run.ran
    ]


def _present(record: BenchmarkRecord) -> list[ModelRow]:
    return [model for model in record.models if model.had]


def _relative(run: RunRow) -> str | None:
    return "NaN or infinity" if run.finite is False else _short(run.relative_difference)


def _short(value: float | None) -> str | None:
    return None if value is None else f"{value:.1e}"


def _ratio(large: int | None, small: int | None) -> str | None:
    return f"{large / small:.2f}x" if large and small else None


def _markdown_rows(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(_text(cell) for cell in row) + " |" for row in rows]


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:.4g}"
    return cell.replace("|", "\\|")
