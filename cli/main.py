"""The command ``noria``."""

from __future__ import annotations

import os
import sys

import typer

from cli import (
    compile_command,
    dashboard_command,
    devices_command,
    doctor_command,
    draw_command,
    follow_command,
    mlflow_command,
    query_commands,
    run_command,
    schedule_command,
    score_command,
)
from cli.output import print_error
from noria.errors import NoriaError

app = typer.Typer(
    help="Workflow-orchestrated MLOps: pipelines of TFX components, here, on Kubeflow, on Vertex AI.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (
    run_command,
    follow_command,
    schedule_command,
    query_commands,
    compile_command,
    mlflow_command,
    dashboard_command,
    devices_command,
    doctor_command,
    draw_command,
    score_command,
):
    module.register(app)


def main() -> None:
    """Runs the command line; every NoriaError becomes a message and the exit status 2."""
    try:
        app()
    except NoriaError as error:
        if os.environ.get("NORIA_DEBUG"):
            raise
        print_error(error)
        sys.exit(2)


if __name__ == "__main__":
    main()
