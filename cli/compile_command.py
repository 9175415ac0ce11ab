"""``noria compile``: a pipeline as a file for Kubeflow Pipelines or Vertex AI."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.output import results
from noria.errors import NoriaError


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("compile")(compile_)


def compile_(
    pipeline: Annotated[str, typer.Argument(help="A name that 'noria pipelines' lists.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.yaml", help="The file to write.")],
    target: Annotated[str, typer.Option(help="A target of configs/targets, or a YAML file.")] = "kind",
    config: Annotated[Path | None, typer.Option(help="YAML file to use instead of the default one.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one field; repeatable.")
    ] = None,
) -> None:
    """Writes a pipeline as a Kubeflow pipeline spec, with its configuration as defaults."""
    from noria.files import write_text
    from noria.typed_config import load_config
    from orchestration.kubeflow.pipeline_spec import compile_pipeline
    from orchestration.targets import LocalTarget, load_target, target_name
    from pipelines.registry import find_pipeline

    place = load_target(target)
    if isinstance(place, LocalTarget):
        raise NoriaError(
            f"target {target} is this machine, where nothing is compiled", hint="choose another with --target"
        )
    if output.suffix not in (".yaml", ".yml"):
        raise NoriaError(f"{output}: a pipeline spec is a .yaml file")
    entry = find_pipeline(pipeline)
    loaded = entry.load()
    configuration = load_config(loaded.config_type, config or entry.default_config, overrides or ())
    compiled = compile_pipeline(loaded, configuration, place, target_name(target))
    write_text(output, compiled.text)
    results.print(
        f"{output}: pipeline {compiled.name} with {len(compiled.steps)} steps for target {target}, "
        f"digest {compiled.digest[:12]}",
        highlight=False,
    )
