"""``noria schedule``: pipelines that a server, or the dashboard of this machine, starts again and again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from cli import local_schedules
from cli.output import print_json, results
from noria.errors import ConfigError, NoriaError

if TYPE_CHECKING:
    from orchestration.cron import Cron

Target = Annotated[str, typer.Option(help="Where: a target of configs/targets, or a YAML file.")]
Name = Annotated[str, typer.Argument(help="A schedule: its name, or the first signs of its id.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]

_SHOWN = 5

schedule = typer.Typer(
    help="Pipelines that a server or the dashboard starts again and again.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(schedule, name="schedule")


@schedule.command()
def add(
    pipeline: Annotated[str, typer.Argument(help="A name that 'noria pipelines' lists.")],
    cron: Annotated[
        str | None,
        typer.Option(help="Second minute hour day-of-month month day-of-week, e.g. '0 30 3 * * *'."),
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="data|drift", help="Here: when a source or a validation says so.")
    ] = None,
    every: Annotated[str, typer.Option(metavar="DURATION", help="Here: how often --on looks.")] = "15m",
    target: Target = "local",
    time_zone: Annotated[
        str | None, typer.Option(help="Zone of the times, e.g. Europe/Berlin; default: the server's.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The schedule's name; default: the pipeline's.")] = None,
    catch_up: Annotated[
        bool, typer.Option("--catch-up", help="Make up for times missed while it was paused.")
    ] = False,
    max_concurrency: Annotated[int, typer.Option(min=1, help="Runs that may go on at the same time.")] = 1,
    start: Annotated[str | None, typer.Option(help="No run before, e.g. 2030-01-31T12:00.")] = None,
    end: Annotated[str | None, typer.Option(help="No run after.")] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file to use instead of the default one.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one field; repeatable.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Compute every step at every time.")] = False,
    missed: Annotated[
        str, typer.Option(metavar="latest|all|none", help="Here: times that passed while nobody looked.")
    ] = "latest",
    overlap: Annotated[
        str, typer.Option(metavar="skip|queue|cancel", help="Here: while the last run still goes on.")
    ] = "skip",
    keep_runs: Annotated[int | None, typer.Option(min=1, help="Here: remove older runs of it.")] = None,
    json: Json = False,
) -> None:
    """Makes a schedule for a pipeline, with the configuration of now; here it needs 'noria dashboard'."""
    from noria.typed_config import load_config
    from orchestration.cron import parse_cron
    from orchestration.schedules import NewSchedule, add_schedule
    from orchestration.targets import KubeflowTarget, target_name
    from pipelines.registry import find_pipeline

    place = _place(target)
    if place is None:
        only_there = {
            "--catch-up (here: --missed all)": catch_up,
            "--max-concurrency": max_concurrency != 1,
            "--start": start,
            "--end": end,
            "--no-cache": no_cache,
        }
        if wrong := [option for option, given in only_there.items() if given]:
            raise NoriaError(f"{wrong[0]} is for schedules on a server")
        local_schedules.add(
            {
                "name": name or pipeline,
                "pipeline": pipeline,
                "trigger": local_schedules.trigger(cron, time_zone or "UTC", on, every),
                "catch_up": missed,
                "overlap": overlap,
                "keep_runs": keep_runs,
            },
            config,
            overrides or [],
            json,
        )
        return
    if on or missed != "latest" or overlap != "skip" or keep_runs:
        raise NoriaError("--on, --missed, --overlap and --keep-runs are for schedules on this machine")
    if cron is None:
        raise NoriaError("when? --cron is missing", hint="e.g. --cron '0 30 3 * * *'")
    zone = time_zone or (place.time_zone if isinstance(place, KubeflowTarget) else "UTC")
    new = NewSchedule(
        name or pipeline,
        parse_cron(cron, zone),
        _time("--start", start, zone),
        _time("--end", end, zone),
        catch_up,
        max_concurrency,
    )
    entry = find_pipeline(pipeline)
    loaded = entry.load()
    configuration = load_config(loaded.config_type, config or entry.default_config, overrides or ())
    if no_cache:
        place = place.model_copy(update={"caching": False})
    made, there = add_schedule(place, target, loaded, configuration, new)
    times = _next(new.cron, new.start, new.end)
    if json:
        print_json({**asdict(made), "target": target_name(target), "next": [t.isoformat() for t in times]})
        return
    results.print(f"schedule [bold]{escape(made.name)}[/] ({made.id}) on {escape(target)}", highlight=False)
    if len(cron.split()) == 5:
        results.print("five fields were given: they are meant at second 0", highlight=False)
    moved = f"; on the server: {there.text} in {there.zone}" if there != new.cron else ""
    _plain(f"cron: {new.cron.text} in {new.cron.zone}{moved}")
    for time in times:
        _plain(f"    {_shown(time)}")
    _plain(made.url)


@schedule.command("list")
def list_(target: Target = "local", json: Json = False) -> None:
    """Lists the schedules of a target's server."""
    from orchestration.schedules import next_time, open_schedules

    place = _place(target)
    if place is None:
        local_schedules.show_all(json)
        return
    found = open_schedules(place).all()
    if json:
        print_json([asdict(entry) for entry in found])
        return
    if not found:
        _plain(f"no schedules on {target}; make one with: noria schedule add PIPELINE --target {target} ...")
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("schedule", "id", "state", "cron", "zone", "next"):
        table.add_column(column, no_wrap=True)
    for entry in found:
        try:
            following = _shown(time) if (time := next_time(entry)) else "-"
        except ConfigError:
            following = "?"
        row = (entry.name, entry.id, entry.state, entry.cron or "-", entry.time_zone, following)
        table.add_row(*map(escape, row))
    results.print(table)


@schedule.command()
def pause(name: Name, target: Target = "local", json: Json = False) -> None:
    """Starts no more runs of a schedule until it is resumed; runs that go on are left alone."""
    _change("pause", name, target, json)


@schedule.command()
def resume(name: Name, target: Target = "local", json: Json = False) -> None:
    """Lets a paused schedule start runs again."""
    _change("resume", name, target, json)


@schedule.command()
def remove(name: Name, target: Target = "local", json: Json = False) -> None:
    """Deletes a schedule; the runs that it started stay."""
    _change("remove", name, target, json)


@schedule.command()
def ticks(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, help="The latest so many.")] = 50,
    json: Json = False,
) -> None:
    """Lists what became of the times of a schedule of this machine."""
    local_schedules.show_ticks(name, limit, json)


def _change(what: str, name: str, target: str, json: bool) -> None:
    from orchestration.schedules import find_schedule, open_schedules

    place = _place(target)
    if place is None:
        local_schedules.change(what, name, json)
        return
    server = open_schedules(place)
    found = find_schedule(server.all(), name)
    getattr(server, what)(found.id)
    done = {"pause": "paused", "resume": "active", "remove": "removed"}[what]
    if json:
        print_json({"id": found.id, "name": found.name, "state": done})
    else:
        results.print(f"schedule {escape(found.name)} ({found.id}): {done}", highlight=False)


def _place(target: str) -> Any:
    """The target whose server keeps the schedule; None: this machine's database does."""
    from orchestration.targets import LocalTarget, load_target

    place = load_target(target)
    return None if isinstance(place, LocalTarget) else place


def _time(option: str, text: str | None, zone: str) -> datetime | None:
    from zoneinfo import ZoneInfo

    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} {text!r} is no time", hint="e.g. 2030-01-31T12:00") from None
    return time if time.tzinfo else time.replace(tzinfo=ZoneInfo(zone))


def _next(cron: Cron, start: datetime | None, end: datetime | None) -> list[datetime]:
    from datetime import UTC

    begin = max(start, datetime.now(UTC)) if start else None
    return [time for time in cron.next_times(_SHOWN, begin) if end is None or time <= end]


def _shown(time: datetime) -> str:
    """A time as the clock here and, where that differs, as the clock of the schedule's zone shows it."""
    here = time.astimezone()
    there = f"  ({time:%H:%M:%S %Z})" if here.utcoffset() != time.utcoffset() else ""
    return f"{here:%a %Y-%m-%d %H:%M:%S %Z}{there}"


def _plain(text: str) -> None:
    results.print(text, markup=False, highlight=False)
