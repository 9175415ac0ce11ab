"""``noria follow`` and ``noria retry``: staying with a run that goes on without this process."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from cli.output import messages, print_json, results
from cli.query_commands import Json, Run
from cli.signals import stopping_on_signals
from noria.errors import NoriaError
from noria.home import Home
from orchestration.run_record import RunFolder


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(follow)
    app.command()(retry)


def follow(run: Run, json: Json = False) -> None:
    """Follows a run until it is over, wherever it goes on. Ctrl-C stops following, not the run."""
    from orchestration.run_catalog import find_run

    finish(find_run(Home.find(), run), json=json)


def retry(
    run: Run,
    detach: Annotated[bool, typer.Option("--detach", help="Do not follow it.")] = False,
    json: Json = False,
) -> None:
    """Lets a run on a cluster that failed or was cancelled go on; finished steps keep their results."""
    from orchestration.remote_runs import retry_remote
    from orchestration.run_catalog import find_run

    folder = find_run(Home.find(), run)
    record = folder.load()
    if record.remote is None:
        raise NoriaError(
            f"run {folder.id} ran on this machine, where a run ends with its process",
            hint=f"start another that takes over what it finished: noria run {record.pipeline} "
            f"--resume {folder.id}",
        )
    retry_remote(folder)
    finish(folder, detach=detach, json=json)


def finish(folder: RunFolder, *, detach: bool = False, json: bool = False) -> NoReturn:
    """Follows a run to its end, tells what came of it, and ends the command with the run's exit status."""
    from cli.closing_summary import print_summary
    from cli.run_command import EXIT_STATUS
    from cli.run_view import watching
    from orchestration.dead_runs import lives_elsewhere
    from orchestration.remote_following import follow_here, follow_remote
    from orchestration.run_report import run_details

    console = messages if json else results
    record = folder.load()
    if record.remote is not None:
        console.print(
            f"run {folder.id} on {record.target}: {record.remote.url}", markup=False, highlight=False
        )
    if not detach:
        follower = follow_remote if lives_elsewhere(record) else follow_here
        with stopping_on_signals() as stop, watching(console) as watch:
            record = follower(folder, watch, stop)
    details = run_details(folder, record)
    if json:
        print_json(details)
    if not record.over:
        console.print(
            f"run {folder.id} goes on; follow it with: noria follow {folder.id}    "
            f"cancel it with: noria cancel {folder.id}",
            highlight=False,
        )
        raise typer.Exit(0 if detach else EXIT_STATUS["cancelled"])
    print_summary(details, console)
    if record.remote is not None and record.remote.metrics != "fetched":
        messages.print(
            f"its metrics are not known here: {record.remote.metrics}", style="yellow", markup=False
        )
    raise typer.Exit(EXIT_STATUS[record.state])
