"""Everything that the page of a run shows, from files only."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup

from dashboard.masking import Mask
from dashboard.services.cache_reasons import cache_reasons
from dashboard.services.curves import learning_curves, line_chart
from dashboard.services.run_events import read_tail
from dashboard.services.run_files import LineageItem, OutputFiles, lineage, output_files
from dashboard.services.run_graph import BoxText, Upstream, graph_svg, steps_or_none
from noria.files import read_json
from noria.journal import read_journal
from orchestration.metric_tables import MetricTable, metric_tables
from orchestration.run_record import RunFolder, RunRecord, StepRecord
from orchestration.run_report import run_details

TAIL_LINES = 50


@dataclass(frozen=True)
class Progress:
    """How far a step says it is."""

    done: int
    total: int
    unit: str


@dataclass(frozen=True)
class StepView:
    """One step for a person.

    Attributes:
        why: Why it was computed or taken from the cache; empty where that is not known.
        seconds: So far, or in all; None before it began.
        tail: The last lines of its log, for a step that failed.
    """

    name: str
    state: str
    cached: bool
    why: str
    seconds: float | None
    attempts: int
    memory_mb: float | None
    error: str
    progress: Progress | None
    tail: str
    has_log: bool

    @property
    def told(self) -> str:
        """The state in words, with cached among them."""
        return "cached" if self.cached else self.state


@dataclass(frozen=True)
class MetricChart:
    """One metric over epochs."""

    step: str
    name: str
    last: float
    picture: Markup


@dataclass(frozen=True)
class RunView:
    """A run for a person; ``details`` is the object of ``noria show --json`` without secrets."""

    record: RunRecord
    details: dict[str, Any]
    graph: Markup
    steps: list[StepView]
    charts: list[MetricChart]
    outputs: list[OutputFiles]
    lineage: list[LineageItem]
    config: str
    parameters: dict[str, str]

    @property
    def metric_tables(self) -> tuple[list[MetricTable], dict[str, Any]]:
        """What belongs together as tables, and the other metrics."""
        return metric_tables(self.details["metrics"])

    @property
    def failed(self) -> list[StepView]:
        """The steps that failed."""
        return [step for step in self.steps if step.state == "failed"]


def view_run(folder: RunFolder, record: RunRecord, earlier: Sequence[RunRecord], mask: Mask) -> RunView:
    """Reads a run's files.

    Args:
        folder: The run's folder.
        record: Its record.
        earlier: Runs of the same pipeline that began before, newest first.
        mask: Hides secrets.
    """
    journal = read_journal(folder.journal)
    steps = _steps(folder, record, journal, cache_reasons(folder, record, earlier, mask), mask)
    config = yaml.safe_load(folder.config.read_text(encoding="utf-8")) if folder.config.exists() else {}
    delivered = read_json(folder.mlflow) if folder.mlflow.exists() else {}
    return RunView(
        record=record,
        details=mask.tree(run_details(folder, record)),
        graph=_graph(record, journal, steps),
        steps=steps,
        charts=_charts(folder.journal),
        outputs=output_files(record, journal),
        lineage=lineage(record, journal, str(delivered.get("data_digest", ""))),
        config=yaml.safe_dump(mask.tree(config), sort_keys=False, allow_unicode=True, width=100),
        parameters=_parameters(journal, mask),
    )


def _steps(
    folder: RunFolder, record: RunRecord, journal: Sequence[dict[str, Any]], why: dict[str, str], mask: Mask
) -> list[StepView]:
    progress = {
        entry["step"]: Progress(entry["done"], entry["total"], entry["unit"])
        for entry in journal
        if entry["kind"] == "progress"
    }
    begun = {
        entry["step"]: entry["time"]
        for entry in journal
        if entry["kind"] == "step" and entry["state"] == "running" and "time" in entry
    }
    views = []
    for step in record.steps:
        failed, log = step.state == "failed", folder.log(step.name)
        views.append(
            StepView(
                name=step.name,
                state=step.state,
                cached=step.cached,
                why=why.get(step.name, ""),
                seconds=_seconds(step, begun.get(step.name)),
                attempts=step.attempts,
                memory_mb=step.memory_mb,
                error=mask.text(step.error),
                progress=progress.get(step.name) if step.state == "running" else None,
                tail=mask.text(read_tail(log, TAIL_LINES)) if failed else "",
                has_log=log.exists(),
            )
        )
    return views


def _seconds(step: StepRecord, begun: float | None) -> float | None:
    if step.seconds is None and step.state == "running" and begun is not None:
        return max(0.0, time.time() - begun)
    return step.seconds


def _graph(record: RunRecord, journal: Sequence[dict[str, Any]], steps: Sequence[StepView]) -> Markup:
    texts = {step.name: BoxText("cached" if step.cached else step.state, _box_text(step)) for step in steps}
    title = f"Steps of run {record.id}"
    return graph_svg(upstream_of(record, journal), texts, title)


def upstream_of(record: RunRecord, journal: Sequence[dict[str, Any]]) -> Upstream:
    """The steps before each step: as the run wrote them down, else as its pipeline has them today."""
    for entry in journal:
        if entry["kind"] == "plan":
            return {str(name): list(before) for name, before in entry["upstream"].items()}
    names = [step.name for step in record.steps]
    known = steps_or_none(record.pipeline)
    if set(known) != set(names):
        # One after the other is how a run without a plan was started.
        return {name: names[i - 1 : i] if i else [] for i, name in enumerate(names)}
    return {name: list(before) for name, before in known.items()}


def _box_text(step: StepView) -> str:
    if step.progress and step.progress.total:
        return f"{step.told}, {100 * step.progress.done // step.progress.total} %"
    # What takes long changes from second to second: whole seconds are enough.
    took = "" if step.seconds is None else f", {step.seconds:.1f} s" if step.seconds < 60 else (
        f", {int(step.seconds // 60)} min {int(step.seconds % 60):02d} s"
    )  # fmt: skip
    return step.told + ("" if step.cached else took)


def _charts(journal: Path) -> list[MetricChart]:
    charts = []
    for label, points in learning_curves(journal).items():
        step, _, name = label.partition("/")
        charts.append(MetricChart(step, name, points[-1][1], line_chart(label, [(name, points)])))
    return charts


def _parameters(journal: Sequence[dict[str, Any]], mask: Mask) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in journal:
        if entry["kind"] == "params":
            found.update({f"{entry['step']}.{name}": str(value) for name, value in entry["values"].items()})
    masked: dict[str, str] = mask.tree(found)
    return masked
