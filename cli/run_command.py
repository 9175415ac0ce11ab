"""``noria run`` and ``noria pipelines``."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.output import messages, print_json, results
from noria.errors import NoriaError
from noria.home import Home

EXIT_STATUS = {"succeeded": 0, "failed": 1, "cancelled": 130}


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(pipelines)
    app.command()(run)


def pipelines(
    describe: Annotated[
        str | None, typer.Option(metavar="PIPELINE", help="List the fields of one pipeline's configuration.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Lists the pipelines and their default configurations."""
    from pipelines.registry import all_pipelines

    if describe is not None:
        _describe(describe, json)
        return

    entries = all_pipelines().values()
    if json:
        print_json(
            [{"name": e.name, "summary": e.summary, "config": str(e.default_config or "")} for e in entries]
        )
        return
    for entry in entries:
        results.print(f"[bold]{entry.name}[/]  {entry.summary}")
        results.print(f"    configuration: {entry.default_config or 'the defaults of ' + entry.config}")


def run(
    pipeline: Annotated[str, typer.Argument(help="A name that 'noria pipelines' lists.")],
    config: Annotated[Path | None, typer.Option(help="YAML file to use instead of the default one.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one field; repeatable.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Take over a run's configuration and finished steps.")
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Compute every step again.")] = False,
    again: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help="Compute this step again; repeatable.")
    ] = None,
    parallel: Annotated[int, typer.Option(min=1, help="Steps that may work at the same time.")] = 2,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Runs a pipeline to its end. Exit status: 0 succeeded, 1 failed, 2 bad input, 130 cancelled."""
    from cli.closing_summary import print_summary
    from cli.run_view import watching
    from noria.typed_config import load_config
    from orchestration.delivery import undelivered
    from orchestration.run_catalog import all_runs, find_run
    from orchestration.run_record import RunFolder
    from orchestration.run_report import run_details
    from orchestration.tracking_delivery import being_delivered
    from pipelines.registry import find_pipeline

    home = Home.find()
    entry = find_pipeline(pipeline)
    source, resumed_from = config or entry.default_config, ""
    if resume is not None:
        if config is not None:
            raise NoriaError("--resume takes over the run's configuration", hint="change it with --set")
        earlier = find_run(home, resume)
        _check_resumable(earlier.load(), pipeline)
        source, resumed_from = earlier.config, earlier.id
    else:
        # Puts runs in order that died meanwhile.
        all_runs(home)
    loaded = entry.load()
    configuration = load_config(loaded.config_type, source, overrides or ())

    from orchestration.run_pipeline import RunOptions, run_pipeline

    options = RunOptions(
        use_cache=not no_cache, again=tuple(again or ()), max_parallel=parallel, resumed_from=resumed_from
    )
    with _cancelling_on_signals() as cancel, watching(messages if json else results) as watch:
        record = run_pipeline(home, loaded, configuration, options, cancel, watch)
    folder = RunFolder(home.runs / record.id)
    details = run_details(folder, record)
    if json:
        print_json(details)
    print_summary(details, messages if json else results)
    if (kept := undelivered(folder)) and being_delivered(folder):
        messages.print("MLflow is still being told, in the background")
    elif kept:
        messages.print(
            f"MLflow could not be told everything: {kept} records kept; noria sync delivers them",
            style="yellow",
        )
    raise typer.Exit(EXIT_STATUS[record.state])


def _describe(name: str, json: bool) -> None:
    from dataclasses import asdict

    from noria.config_fields import config_fields
    from pipelines.registry import find_pipeline

    fields = list(config_fields(find_pipeline(name).load().config_type))
    if json:
        print_json([asdict(field) for field in fields])
        return
    for field in fields:
        default = "required" if field.default is None else f"default {field.default}"
        results.print(
            f"[bold]{escape(field.path)}[/]  ({escape(field.kind)}; {escape(default)})", highlight=False
        )
        results.print(f"    {escape(field.description)}", highlight=False)


def _check_resumable(record: Any, pipeline: str) -> None:
    if record.pipeline != pipeline:
        raise NoriaError(
            f"run {record.id} is one of pipeline {record.pipeline}, not of {pipeline}",
            hint=f"noria run {record.pipeline} --resume {record.id}",
        )
    if not record.over:
        raise NoriaError(f"run {record.id} is still {record.state}", hint=f"noria cancel {record.id}")


@contextmanager
def _cancelling_on_signals() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM (``noria cancel``) cancel the run instead of ending the process."""
    cancel = threading.Event()

    def on_signal(*_: object) -> None:
        cancel.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
