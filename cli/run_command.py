"""``noria run`` and ``noria pipelines``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.markup import escape

from cli.output import messages, print_json, results
from cli.signals import stopping_on_signals
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
    target: Annotated[
        str, typer.Option(help="Where: a target of configs/targets, or a YAML file.")
    ] = "local",
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
    parallel: Annotated[
        int | None, typer.Option(min=1, help="Steps that may work at the same time, here; default 2.")
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Elsewhere: start it and do not follow it.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    run_id: Annotated[str, typer.Option(hidden=True, help="The run's id, chosen by a scheduler.")] = "",
) -> None:
    """Runs a pipeline to its end. Exit status: 0 succeeded, 1 failed, 2 bad input, 130 cancelled."""
    from noria.typed_config import load_config
    from orchestration.run_catalog import all_runs, find_run
    from orchestration.run_claim import claim_run
    from orchestration.targets import LocalTarget, load_target
    from pipelines.registry import find_pipeline

    home = Home.find()
    claim = None
    if run_id and (claim := claim_run(home, run_id)) is None:
        # Launched twice, because the scheduler was interrupted in between: the other one does it.
        return
    place = load_target(target)
    _check_options(isinstance(place, LocalTarget), again, parallel, detach)
    entry = find_pipeline(pipeline)
    source, resumed_from = config or entry.default_config, ""
    if resume is not None:
        if config is not None and claim is None:
            raise NoriaError("--resume takes over the run's configuration", hint="change it with --set")
        earlier = find_run(home, resume)
        _check_resumable(earlier.load(), pipeline, target)
        source, resumed_from = config or earlier.config, earlier.id
    else:
        # Puts runs in order that died meanwhile.
        all_runs(home)
    loaded = entry.load()
    configuration = load_config(loaded.config_type, source, overrides or ())

    if not isinstance(place, LocalTarget):
        from cli.follow_command import finish
        from orchestration.remote_runs import start_remote_run
        from orchestration.targets import target_name

        if no_cache:
            place = place.model_copy(update={"caching": False})
        folder = start_remote_run(
            home, loaded, configuration, place, target_name(target), resumed_from, claim
        )
        finish(folder, detach=detach, json=json)
    from orchestration.run_pipeline import RunOptions

    options = RunOptions(
        use_cache=not no_cache,
        again=tuple(again or ()),
        max_parallel=parallel or 2,
        resumed_from=resumed_from,
        beam_pipeline_args=tuple(place.beam.pipeline_args),
        devices=place.devices,
        claim=claim,
    )
    _run_here(home, loaded, configuration, options, json)


def _run_here(home: Home, loaded: Any, configuration: Any, options: Any, json: bool) -> NoReturn:
    from cli.closing_summary import print_summary
    from cli.run_view import watching
    from orchestration.delivery import undelivered
    from orchestration.run_pipeline import run_pipeline
    from orchestration.run_record import RunFolder
    from orchestration.run_report import run_details
    from orchestration.tracking_delivery import being_delivered

    with stopping_on_signals() as cancel, watching(messages if json else results) as watch:
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
    from pipelines.shared_settings import is_handed_down

    model = find_pipeline(name).load().config_type
    fields = [field for field in config_fields(model) if not is_handed_down(model, field.path)]
    if json:
        print_json([asdict(field) for field in fields])
        return
    for field in fields:
        default = "required" if field.default is None else f"default {field.default}"
        results.print(
            f"[bold]{escape(field.path)}[/]  ({escape(field.kind)}; {escape(default)})", highlight=False
        )
        results.print(f"    {escape(field.description)}", highlight=False)


def _check_options(here: bool, again: list[str] | None, parallel: int | None, detach: bool) -> None:
    if here and detach:
        raise NoriaError(
            "--detach is for runs elsewhere: a run on this machine ends with its process",
            hint="give it a --target, or start it in the background: noria run PIPELINE &",
        )
    if not here and (again or parallel):
        raise NoriaError(
            f"{'--again' if again else '--parallel'} is for runs on this machine",
            hint="--no-cache computes every step again" if again else "the cluster knows how much it can do",
        )


def _check_resumable(record: Any, pipeline: str, target: str) -> None:
    if record.pipeline != pipeline:
        raise NoriaError(
            f"run {record.id} is one of pipeline {record.pipeline}, not of {pipeline}",
            hint=f"noria run {record.pipeline} --resume {record.id}",
        )
    if not record.over:
        raise NoriaError(f"run {record.id} is still {record.state}", hint=f"noria cancel {record.id}")
    if record.remote is not None and target == "local":
        raise NoriaError(
            f"run {record.id} ran on {record.target}; its finished steps are there, not here",
            hint=f"let it go on there: noria retry {record.id}; or start one like it: "
            f"noria run {pipeline} --target {record.target} --resume {record.id}",
        )
