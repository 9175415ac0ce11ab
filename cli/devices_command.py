"""``noria devices``: on which processors a .tflite file can be tried, and what it does there."""

from __future__ import annotations

import typer

devices = typer.Typer(
    help="Emulated phones, this machine and a web page: try a .tflite file on them.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(devices, name="devices")
