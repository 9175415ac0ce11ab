"""``noria dashboard``: runs, schedules, comparisons and models in a browser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.output import results
from noria.errors import NoriaError
from noria.home import Home


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(dashboard)


def dashboard(
    settings: Annotated[
        Path | None, typer.Option(help="YAML file with settings (docs/dashboard.md).")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; default 8377; 0: any free one.")] = None,
    database: Annotated[
        str | None, typer.Option(help="URL of a PostgreSQL database; default: SQLite in the home folder.")
    ] = None,
    max_running: Annotated[
        int | None, typer.Option(min=1, help="Runs that may go on at a time on this machine; default 1.")
    ] = None,
    new_tokens: Annotated[
        bool, typer.Option("--new-tokens", help="Make new tokens, which ends every login; then serve.")
    ] = False,
) -> None:
    """Serves the dashboard, MLflow's pages and the scheduler until Ctrl-C."""
    from dashboard.access import AccessStore
    from dashboard.settings import DashboardSettings
    from noria.typed_config import load_config

    given = {"host": host, "port": port, "database": database, "max_running": max_running}
    overrides = [f"{name}={value}" for name, value in given.items() if value is not None]
    tree_home = f"home={Home.find().root}"
    chosen = load_config(DashboardSettings, settings, [*_home_unless_given(settings, tree_home), *overrides])
    tokens: dict[Any, str] = {}
    if chosen.auth == "token":
        tokens = AccessStore(chosen.home).make_tokens(anew=new_tokens)
    elif chosen.auth == "none" and chosen.host not in ("127.0.0.1", "localhost", "::1"):
        raise NoriaError(
            f"auth none on {chosen.host}: everybody on the network could start runs",
            hint="auth: token, or host: 127.0.0.1",
        )
    _serve(chosen, tokens)


def _home_unless_given(settings: Path | None, home: str) -> list[str]:
    import yaml

    if settings is None or not settings.is_file():
        return [home]
    tree = yaml.safe_load(settings.read_text(encoding="utf-8"))
    return [] if isinstance(tree, dict) and "home" in tree else [home]


def _serve(settings: Any, tokens: dict[Any, str]) -> None:
    import os
    import socket

    import uvicorn

    from dashboard.app import create_app

    # What is launched from here remembers where the dashboard does.
    os.environ["NORIA_HOME"] = str(settings.home)
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise NoriaError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}",
            hint="choose another port with --port, or 0 for any free one",
        ) from None
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    results.print(f"Noria: http://{host}:{listener.getsockname()[1]}  (Ctrl-C ends it)", markup=False)
    for role, token in tokens.items():
        results.print(f"token, shown only now, for the role {role}: {token}", markup=False, highlight=False)
    sys.stdout.flush()
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            log_level="warning",
            server_header=False,
            # Addresses hold no secrets, but who looked at what is nobody's business.
            access_log=False,
            # A page that follows a log never ends by itself.
            timeout_graceful_shutdown=2,
            proxy_headers=False,
        )
    )
    server.run(sockets=[listener])
