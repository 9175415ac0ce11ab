"""``noria mlflow`` and ``noria sync``."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    del app
