"""``noria runs``, ``show``, ``logs``, ``compare`` and ``cancel``: what is asked about runs."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.output import duration, messages, number, print_json, results
from noria.errors import NoriaError
from noria.home import Home
from orchestration.metric_tables import headline

Run = Annotated[str, typer.Argument(help="A run: the first signs of its id, or 'last'.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]

STYLE = {
    "succeeded": "green",
    "failed": "red",
    "cancelled": "yellow",
    "queued": "dim",
    "running": "cyan",
    "pending": "dim",
    "skipped": "dim",
}


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (runs, show, logs, compare, cancel):
        app.command()(command)


def runs(json: Json = False) -> None:
    """Lists every run, newest first."""
    from orchestration.run_catalog import all_runs
    from orchestration.run_record import RunFolder
    from orchestration.run_report import run_line

    home = Home.find()
    records = all_runs(home)
    if any(record.remote for record in records):
        records = _asked_about(home, records)
    lines = [run_line(RunFolder(home.runs / record.id), record) for record in records]
    if json:
        print_json(lines)
        return
    if not lines:
        results.print(f"no runs yet in {home.root}; start one with: noria run PIPELINE")
        return
    from rich.table import Table

    from pipelines.registry import built_in_pipelines

    known = built_in_pipelines()
    table = Table(box=None, pad_edge=False)
    for column in ("run", "pipeline", "target", "state", "started", "took"):
        table.add_column(column, no_wrap=True)
    # Where there is little room, it is the metrics that are wrapped.
    table.add_column("metrics")
    for line in lines:
        entry = known.get(line["pipeline"])
        names = headline(line["metrics"], 3, entry.headline if entry else ())
        shown = "  ".join(f"{name} {number(line['metrics'][name])}" for name in names)
        state = f"[{STYLE.get(line['state'], '')}]{line['state']}[/]"
        started = line["started"][:19].replace("T", " ")
        took = duration(line["seconds"])
        table.add_row(line["id"], line["pipeline"], line["target"], state, started, took, shown)
    results.print(table)


def show(run: Run, json: Json = False) -> None:
    """Shows one run: steps, metrics, artifacts, gates, logs."""
    from cli.closing_summary import print_details
    from orchestration.run_catalog import find_run
    from orchestration.run_report import run_details

    folder = find_run(Home.find(), run)
    _refresh(folder)
    details = run_details(folder, folder.load())
    if json:
        print_json(details)
    else:
        print_details(details, results)


def logs(
    run: Run,
    step: Annotated[str, typer.Argument(help="The step's name.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the step ends.")] = False,
) -> None:
    """Prints what a step's process printed."""
    from orchestration.dead_runs import bury_if_dead
    from orchestration.run_catalog import find_run

    folder = find_run(Home.find(), run)
    record = folder.load()
    names = [known.name for known in record.steps]
    if step not in names:
        raise NoriaError(f"run {folder.id} has no step {step!r}", hint=f"it has: {', '.join(names)}")
    if record.remote is not None:
        from orchestration.remote_logs import remote_log

        for piece in remote_log(folder, step, follow):
            sys.stdout.write(piece)
            sys.stdout.flush()
        return
    path, offset = folder.log(step), 0
    while True:
        # The state is asked first, so that what was printed last is still read.
        state = bury_if_dead(folder.path).step(step).state
        if path.exists():
            with path.open("rb") as log:
                log.seek(offset)
                text = log.read()
            offset += len(text)
            sys.stdout.write(text.decode("utf-8", errors="replace"))
            sys.stdout.flush()
        if not follow or state not in ("pending", "running"):
            return
        time.sleep(0.3)


def compare(
    names: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Two runs or more.")],
    json: Json = False,
) -> None:
    """Shows which settings differ between runs, and their metrics side by side."""
    from orchestration.run_catalog import find_run
    from orchestration.run_comparison import compare_runs

    if len(names) < 2:
        raise NoriaError(f"expected two runs or more, got {len(names)}")
    home = Home.find()
    folders = [find_run(home, name) for name in names]
    for folder in folders:
        _refresh(folder)
    comparison = compare_runs(folders)
    if json:
        print_json(comparison)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for run_id in comparison["runs"]:
        table.add_column(run_id, justify="right")
    for title, rows in (("settings that differ", "settings"), ("metrics", "metrics")):
        table.add_row(f"[bold]{title}[/]")
        for name, values in comparison[rows].items():
            table.add_row(name, *(_cell(value) for value in values))
    results.print(table)


def cancel(run: Run) -> None:
    """Cancels a run: its steps are ended, its record says so."""
    from orchestration.cancel_run import cancel_run
    from orchestration.dead_runs import lives_elsewhere
    from orchestration.run_catalog import find_run

    folder = find_run(Home.find(), run)
    if lives_elsewhere(folder.load()):
        from orchestration.remote_runs import cancel_remote

        results.print(f"run {folder.id}: {cancel_remote(folder)}")
        return
    results.print(f"run {folder.id}: {cancel_run(folder)}")


def _asked_about(home: Home, records: list[Any]) -> list[Any]:
    """Records brought up to date; says of which runs only the last known state is known."""
    from orchestration.remote_runs import refresh_all
    from orchestration.run_record import RunFolder

    for run_id, problem in refresh_all(home, records).items():
        _say_stale(RunFolder(home.runs / run_id), problem)
    return [RunFolder(home.runs / r.id).load() if r.remote and not r.over else r for r in records]


def _refresh(folder: Any) -> None:
    """Brings one run up to date, its metrics too; says so where that does not work."""
    record = folder.load()
    if record.remote is None:
        return
    from orchestration.remote_runs import refresh

    if problem := refresh(folder):
        _say_stale(folder, problem)
    record = folder.load()
    if record.over and record.remote.metrics != "fetched":
        messages.print(
            f"run {folder.id}: no metrics: {record.remote.metrics}",
            style="yellow",
            markup=False,
            highlight=False,
        )


def _say_stale(folder: Any, problem: NoriaError) -> None:
    heard = folder.load().remote.heard
    when = "never heard of since it was started"
    if heard:
        age = (datetime.now(UTC) - datetime.fromisoformat(heard)).total_seconds()
        when = f"as it was {duration(age)} ago"
    messages.print(
        f"run {folder.id}: {when}: {problem.message}", style="yellow", markup=False, highlight=False
    )


def _cell(value: Any) -> str:
    return number(value) if isinstance(value, float) else "-" if value is None else str(value)
