"""What a person sees while a run goes on: a live table on a terminal, a line per event elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from cli.output import duration, number
from orchestration.run_record import RunRecord

Watch = Callable[[RunRecord, list[dict[str, Any]]], None]

_SIGN = {
    "pending": "[dim]·[/]",
    "running": "[cyan]▶[/]",
    "succeeded": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "cancelled": "[yellow]■[/]",
    "skipped": "[dim]-[/]",
}


@contextmanager
def watching(console: Console) -> Iterator[Watch]:
    """Yields the function that the runner calls with the record and the new journal entries."""
    if not console.is_terminal:
        yield PlainLines(console)
        return
    with Live(console=console, refresh_per_second=5) as live:
        yield LiveTable(live)


class PlainLines:
    """One line per event, for logs and pipes; progress at most every ten seconds a step."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._named = False
        self._last_progress: dict[str, float] = {}

    def __call__(self, record: RunRecord, news: list[dict[str, Any]]) -> None:
        if not self._named:
            self._named = True
            self._line(f"run {record.id} of pipeline {record.pipeline}")
        for entry in news:
            if text := self._text(entry):
                self._line(text)

    def _text(self, entry: dict[str, Any]) -> str:
        step = entry.get("step", "")
        match entry["kind"]:
            case "step":
                return _ended(entry) if entry["state"] != "running" else f"{step}: started"
            case "note":
                return f"{step}: {entry['text']}"
            case "metric" if not entry.get("cached"):
                at = "" if entry["epoch"] is None else f" (epoch {entry['epoch']})"
                return f"{step}: {entry['name']} = {number(entry['value'])}{at}"
            case "progress" if entry["time"] - self._last_progress.get(step, 0) >= 10:
                self._last_progress[step] = entry["time"]
                return f"{step}: {_progress(entry)}"
        return ""

    def _line(self, text: str) -> None:
        clock = datetime.now().strftime("%H:%M:%S")
        self._console.print(f"{clock} {text}", markup=False, highlight=False)


class LiveTable:
    """A table of steps, redrawn in place."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._progress: dict[str, str] = {}
        self._metrics: dict[str, dict[str, float]] = {}
        self._begun: dict[str, float] = {}

    def __call__(self, record: RunRecord, news: list[dict[str, Any]]) -> None:
        for entry in news:
            step = entry.get("step", "")
            match entry["kind"]:
                case "progress":
                    self._progress[step] = _progress(entry)
                case "metric":
                    self._metrics.setdefault(step, {})[entry["name"]] = entry["value"]
                case "note":
                    self._live.console.print(f"{step}: {entry['text']}", markup=False, style="yellow")
                case "step" if entry["state"] == "running":
                    self._begun[step] = entry["time"]
        self._live.update(self._table(record))

    def _table(self, record: RunRecord) -> Table:
        table = Table(
            title=f"{record.pipeline}  run [bold]{record.id}[/]  {duration(record.seconds)}",
            title_justify="left",
            box=None,
            pad_edge=False,
        )
        for column in ("", "step", "took", "progress", "metrics"):
            table.add_column(column, no_wrap=True, overflow="ellipsis")
        for step in record.steps:
            seconds = step.seconds
            if step.state == "running":
                seconds = time.time() - self._begun.get(step.name, time.time())
            doing = self._progress.get(step.name, "") if step.state == "running" else ""
            metrics = list(self._metrics.get(step.name, {}).items())[-3:]
            table.add_row(
                _SIGN[step.state],
                step.name,
                "cached" if step.cached else duration(seconds),
                escape(doing),
                escape("  ".join(f"{name} {number(value)}" for name, value in metrics)),
            )
        return table


def _ended(entry: dict[str, Any]) -> str:
    how = "cached" if entry["cached"] else f"{entry['state']} after {duration(entry['seconds'])}"
    return f"{entry['step']}: {how}" + (f": {entry['error']}" if entry["error"] else "")


def _progress(entry: dict[str, Any]) -> str:
    total = entry["total"]
    share = f" ({entry['done'] / total:.0%})" if total else ""
    return f"{entry['done']:,} of {total:,} {entry['unit']}{share}"
