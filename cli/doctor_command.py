"""``noria doctor``: checks the installation and says what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.output import print_json, results

_STYLE = {"ok": "green", "warning": "yellow", "error": "red"}


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(doctor)


def doctor(
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Really import the big packages (a minute).")] = False,
) -> None:
    """Checks Python, packages, machine, home folder and MLflow. Exit status 1 when something is broken."""
    from noria.home import Home
    from orchestration.installation import check_installation

    findings = check_installation(Home.find(), deep=deep)
    if json:
        print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            results.print(
                f"[{_STYLE[finding.state]}]{finding.state:8}[/][bold]{finding.name}[/]: ",
                end="",
                highlight=False,
            )
            results.print(finding.found, markup=False, highlight=False)
            if finding.advice:
                results.print(f"        -> {finding.advice}", markup=False, highlight=False)
    raise typer.Exit(any(finding.state == "error" for finding in findings))
