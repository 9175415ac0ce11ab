"""``noria schedule`` for this machine: the database that the dashboard works from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from cli.output import print_json, results
from noria.errors import NoriaError
from noria.home import Home

if TYPE_CHECKING:
    from orchestration.scheduling.schedule_store import ScheduleStore, StoredSchedule

_SHOWN = 5


def trigger(cron: str | None, time_zone: str, on: str | None, every: str) -> dict[str, str]:
    """The part of a schedule that says when; raises NoriaError unless it is said once."""
    if (cron is None) == (on is None):
        raise NoriaError("when? give --cron or --on, one of them", hint="e.g. --cron '0 30 3 * * *'")
    if cron is not None:
        return {"kind": "cron", "cron": cron, "time_zone": time_zone}
    if on not in ("data", "drift"):
        raise NoriaError(f"--on {on}: expected data or drift")
    return {"kind": on, "every": every}


def add(tree: dict[str, Any], config: Path | None, overrides: Sequence[str], json: bool) -> None:
    """Keeps a new schedule with the pipeline's complete configuration of now."""
    from noria.typed_config import load_config, parse_config
    from orchestration.scheduling.due_times import next_times
    from orchestration.scheduling.schedule import CronTrigger, LocalSchedule
    from pipelines.registry import find_pipeline

    entry = find_pipeline(tree["pipeline"])
    loaded = entry.load()
    typed = load_config(loaded.config_type, config or entry.default_config, overrides)
    loaded.check(typed)
    complete = {**tree, "config": typed.model_dump(mode="json")}
    new = parse_config(LocalSchedule, complete, "the schedule")
    with _store() as store:
        made = store.add(new)
    when = new.trigger
    times = next_times(when, _SHOWN) if isinstance(when, CronTrigger) else []
    if json:
        print_json({**_tree(made), "next": [time.isoformat() for time in times]})
        return
    results.print(f"schedule [bold]{escape(new.name)}[/] ({made.id}) on this machine", highlight=False)
    _plain(f"{_when(made)}; 'noria dashboard' starts it")
    for time in times:
        _plain(f"    {time:%a %Y-%m-%d %H:%M:%S %Z}")


def show_all(json: bool) -> None:
    """Lists the schedules."""
    with _store() as store:
        found = store.all()
    if json:
        print_json([_tree(entry) for entry in found])
        return
    if not found:
        _plain("no schedules on this machine; make one with: noria schedule add PIPELINE --cron ...")
        return
    rows = [
        (s.schedule.name, s.id, s.state, s.schedule.pipeline, _when(s), _here(s.next_due), s.last_run or "-")
        for s in found
    ]
    _table(("schedule", "id", "state", "pipeline", "when", "next", "last run"), rows)


def show_ticks(name: str, limit: int, json: bool) -> None:
    """Lists what became of a schedule's times."""
    with _store() as store:
        found = store.ticks(store.find(name).id, limit)
    if json:
        print_json([asdict(tick) for tick in found])
        return
    if not found:
        _plain(f"{name} was not due yet")
        return
    _table(("due", "state", "run", "note"), [(_here(t.due), t.state, t.run_id or "-", t.note) for t in found])


def change(what: str, name: str, json: bool) -> None:
    """Pauses, resumes or removes one."""
    with _store() as store:
        found = store.find(name)
        getattr(store, what)(found.id)
    done = {"pause": "paused", "resume": "active", "remove": "removed"}[what]
    if json:
        print_json({"id": found.id, "name": found.schedule.name, "state": done})
    else:
        _plain(f"schedule {found.schedule.name} ({found.id}): {done}")


@contextmanager
def _store() -> Iterator[ScheduleStore]:
    from orchestration.scheduling.database import open_database
    from orchestration.scheduling.schedule_store import ScheduleStore

    database = open_database(Home.find())
    try:
        yield ScheduleStore(database)
    finally:
        database.close()


def _tree(stored: StoredSchedule) -> dict[str, Any]:
    return {**asdict(stored), "schedule": stored.schedule.model_dump(mode="json")}


def _when(stored: StoredSchedule) -> str:
    from orchestration.scheduling.schedule import CronTrigger

    when = stored.schedule.trigger
    if isinstance(when, CronTrigger):
        return f"{when.cron} in {when.time_zone}"
    return f"on {when.kind}, looked for every {when.every:.0f} s"


def _here(time: str) -> str:
    return f"{datetime.fromisoformat(time).astimezone():%a %Y-%m-%d %H:%M:%S %Z}" if time else "-"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*map(escape, row))
    results.print(table)


def _plain(text: str) -> None:
    results.print(text, markup=False, highlight=False)
