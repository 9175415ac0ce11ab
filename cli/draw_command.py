"""``noria draw``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.output import results


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(draw)


def draw(
    pipeline: Annotated[str, typer.Argument(help="A name that 'noria pipelines' lists.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The SVG file to write.")],
    config: Annotated[Path | None, typer.Option(help="YAML file to use instead of the default one.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one field; repeatable.")
    ] = None,
) -> None:
    """Draws a pipeline's steps as an SVG picture."""
    from noria.files import write_text
    from noria.typed_config import load_config
    from orchestration.target_devices import on_devices
    from orchestration.targets import LOCAL, load_target
    from pipelines import drawing
    from pipelines.registry import find_pipeline

    entry = find_pipeline(pipeline)
    loaded = entry.load()
    configuration = load_config(loaded.config_type, config or entry.default_config, overrides or ())
    loaded.check(configuration)
    nodes = drawing.nodes_of(loaded.create(on_devices(configuration, load_target(LOCAL).devices)))
    write_text(output, drawing.draw(nodes))
    results.print(f"{len(nodes)} steps drawn to {output}", highlight=False)
