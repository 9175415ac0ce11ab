"""What was read and what became of it, as one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from components.event_ingest.daily_counts import EventCounts
from components.event_ingest.event_table import EventFacts
from components.event_ingest.series import COUNT
from components.pictures import png
from noria.html_report import Page

_SHOWN = 10


def ingest_report(facts: EventFacts, counts: EventCounts) -> str:
    """The page as HTML."""
    page = Page("Events").paragraph(
        f"{facts.rows:,} events of {facts.series:,} series, {facts.first} to {facts.last}, "
        f"wall-clock time of {facts.time_zone}."
    )
    dropped = sum(facts.dropped.values())
    page.section("Rows").table(
        ["rows", "count", "share"],
        [
            ["read", facts.rows_read, 1.0],
            ["kept", facts.rows, facts.rows / facts.rows_read],
            ["dropped", dropped, dropped / facts.rows_read],
        ],
    )
    _add_problems(page, "Dropped", facts.dropped, facts)
    _add_problems(page, "Kept in spite of a problem", facts.warnings, facts)
    empty = int((counts.per_day == 0).sum())
    page.section("Days").paragraph(f"{len(counts.days):,} days, {empty:,} of them without an event.")
    page.picture(per_day_picture(counts), "Events per day")
    page.section("Series")
    if len(counts.series) <= 2 * _SHOWN:
        _add_series(page, facts.index, counts, range(len(counts.series)), "All series")
    else:
        _add_series(page, facts.index, counts, range(_SHOWN), f"The {_SHOWN} largest")
        last = range(len(counts.series) - _SHOWN, len(counts.series))
        _add_series(page, facts.index, counts, last, f"The {_SHOWN} smallest")
    return page.render()


def per_day_picture(counts: EventCounts) -> bytes:
    """PNG: the number of events of every day."""
    figure = Figure(figsize=(9, 2.8), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(counts.days, counts.per_day, step="mid", color="#3b6fb6", alpha=0.8, linewidth=0)
    axes.set_ylabel("events")
    axes.set_ylim(bottom=0)
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.spines[["top", "right"]].set_visible(False)
    return png(figure)


def _add_problems(page: Page, heading: str, problems: Mapping[str, int], facts: EventFacts) -> None:
    page.section(heading)
    if not problems:
        page.paragraph("None.")
        return
    ranked = sorted(problems.items(), key=lambda item: -item[1])
    page.table(
        ["reason", "rows", "share", "the first few"],
        (
            [name, count, count / facts.rows_read, "; ".join(facts.examples.get(name, []))]
            for name, count in ranked
        ),
    )


def _add_series(
    page: Page, index: Sequence[str], counts: EventCounts, rows: Sequence[int], caption: str
) -> None:
    shown = counts.series.take(list(rows)).to_pylist()
    page.table([*index, "events"], ([*(row[i] for i in index), row[COUNT]] for row in shown), caption)
