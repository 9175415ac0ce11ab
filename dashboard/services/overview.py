"""The first page: every pipeline at a glance, and what somebody should look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard.services.champions import Champion
from orchestration.run_record import RunRecord
from orchestration.scheduling.run_queue import RunRequest
from orchestration.scheduling.schedule_store import StoredSchedule
from pipelines.registry import PipelineEntry

STRIP = 16
# A failure that is older and was followed by nothing is no news.
_NEWS = timedelta(days=14)


@dataclass(frozen=True)
class PipelineCard:
    """One pipeline.

    Attributes:
        strip: Its last runs, oldest first.
        champions: Its registered models' champions.
        next_due: When its next scheduled run is due: ISO 8601 in UTC; empty: no schedule.
        next_schedule: The schedule that it belongs to.
    """

    name: str
    summary: str
    strip: list[RunRecord]
    champions: list[Champion]
    next_due: str
    next_schedule: str

    @property
    def last(self) -> RunRecord | None:
        """Its newest run."""
        return self.strip[-1] if self.strip else None


@dataclass(frozen=True)
class Attention:
    """Something to look at; ``address`` leads there."""

    what: str
    text: str
    address: str


@dataclass(frozen=True)
class Overview:
    """The page."""

    cards: list[PipelineCard]
    attention: list[Attention]
    running: list[RunRecord]
    waiting: list[RunRequest]


def overview(
    pipelines: Sequence[PipelineEntry],
    runs: Sequence[RunRecord],
    schedules: Sequence[StoredSchedule],
    waiting: Sequence[RunRequest],
    champions: Sequence[Champion],
) -> Overview:
    """Puts the page together; ``runs`` are newest first."""
    cards = []
    for entry in pipelines:
        own = [run for run in runs if run.pipeline == entry.name][:STRIP]
        due = min(
            (
                s
                for s in schedules
                if s.schedule.pipeline == entry.name and s.state == "active" and s.next_due
            ),
            key=lambda schedule: schedule.next_due,
            default=None,
        )
        cards.append(
            PipelineCard(
                name=entry.name,
                summary=entry.summary,
                strip=own[::-1],
                champions=[champion for champion in champions if champion.pipeline == entry.name],
                next_due=due.next_due if due else "",
                next_schedule=due.schedule.name if due else "",
            )
        )
    return Overview(
        cards=cards,
        attention=_attention(runs, schedules),
        running=[run for run in runs if not run.over],
        waiting=list(waiting),
    )


def age(moment: str, now: datetime | None = None) -> str:
    """How long ago an ISO 8601 time was, or how far ahead it is, in the largest unit; empty for none."""
    if not moment:
        return ""
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds()
    ahead, seconds = seconds < 0, abs(seconds)
    text = f"{seconds:.0f} s"
    for unit, length in (("min", 60), ("h", 3600), ("days", 86400)):
        if seconds >= length * (2 if unit == "days" else 1):
            text = f"{seconds // length:.0f} {unit}"
    return f"in {text}" if ahead else f"{text} ago"


def _attention(runs: Sequence[RunRecord], schedules: Sequence[StoredSchedule]) -> list[Attention]:
    found = []
    newest: dict[str, RunRecord] = {}
    for run in runs:
        if run.over and run.state != "cancelled":
            newest.setdefault(run.pipeline, run)
    since = datetime.now(UTC) - _NEWS
    for run in newest.values():
        if run.state == "failed" and datetime.fromisoformat(run.ended or run.started) > since:
            step = next((step.name for step in run.steps if step.state == "failed"), "")
            where = f" in {step}" if step else ""
            reason = run.error.partition("\n")[0].removeprefix(f"step {step} failed: ")
            found.append(
                Attention(
                    "failed", f"the last run of {run.pipeline} failed{where}: {reason}", f"/runs/{run.id}"
                )
            )
            continue
        refused = [name for name, value in run.metrics.items() if name.startswith("promoted_") and value == 0]
        found += [
            Attention(
                "not promoted",
                f"the last run of {run.pipeline} did not promote {name.removeprefix('promoted_')}",
                f"/runs/{run.id}#gates",
            )
            for name in refused
        ]
    found += [
        Attention("paused", f"schedule {item.schedule.name} is paused", "/schedules")
        for item in schedules
        if item.state == "paused"
    ]
    return found
