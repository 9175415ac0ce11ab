"""What is printed about a run that is over, and by ``noria show``."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.output import duration, number
from orchestration.metric_tables import metric_tables


def print_summary(details: dict[str, Any], console: Console) -> None:
    """The end of ``noria run``: outcome, numbers, gates, where to look, what to do next."""
    run = details["id"]
    cached = sum(step["cached"] for step in details["steps"])
    steps = f"{len(details['steps'])} steps" + (f", {cached} from the cache" if cached else "")
    console.print(
        f"\nrun [bold]{run}[/] {details['state']} after {duration(details['seconds'])} ({steps})",
        highlight=False,
    )
    if details["state"] == "succeeded":
        print_metrics(details, console)
        print_gates(details, console)
        for path in details["reports"]:
            if path.endswith(".html"):
                _plain(console, f"report: {path}")
        elsewhere = details["remote"]
        compare = f"on its page: {elsewhere['url']}" if elsewhere else "compare in MLflow with: noria mlflow"
        console.print(f"look again with: noria show {run}    {compare}", markup=False, highlight=False)
        return
    for step in details["steps"]:
        if step["state"] == "failed":
            console.print(f"[red]step {step['name']} failed[/]: {escape(step['error'])}", highlight=False)
            console.print(f"its log: noria logs {run} {step['name']}", highlight=False)
    if not any(step["state"] == "failed" for step in details["steps"]) and details["error"]:
        _plain(console, details["error"])
    again = f"run {details['pipeline']} --resume {run}" if details["remote"] is None else f"retry {run}"
    console.print(f"continue with: noria {again}", highlight=False)


def print_details(details: dict[str, Any], console: Console) -> None:
    """``noria show``."""
    console.print(
        f"run [bold]{details['id']}[/] of pipeline {details['pipeline']}: {details['state']}", highlight=False
    )
    _plain(console, f"started {details['started']}, took {duration(details['seconds'])}")
    if elsewhere := details["remote"]:
        _plain(console, f"on {details['target']}: {elsewhere['url'] or elsewhere['server']}")
        if elsewhere["heard"]:
            _plain(console, f"last heard of {elsewhere['heard']}")
    for name in ("resumed_from", "git_commit", "mlflow_run_id"):
        if details[name]:
            _plain(console, f"{name.replace('_', ' ')}: {details[name]}")
    if details["error"]:
        console.print(f"[red]{escape(details['error'])}[/]", highlight=False)
    table = Table(box=None, pad_edge=False)
    for column in ("step", "state", "took", "memory", "log"):
        table.add_column(column, overflow="fold")
    for step in details["steps"]:
        state = f"{step['state']} (cached)" if step["cached"] else step["state"]
        state += f" (attempt {step['attempts']})" if step["attempts"] > 1 else ""
        memory = f"{step['memory_mb']:,.0f} MB" if step["memory_mb"] else "-"
        table.add_row(step["name"], state, duration(step["seconds"]), memory, step["log"])
    console.print(table)
    print_metrics(details, console)
    print_gates(details, console)
    for name, path in details["artifacts"].items():
        _plain(console, f"{name}: {path}")
    for path in details["reports"]:
        _plain(console, f"report: {path}")


def print_metrics(details: dict[str, Any], console: Console) -> None:
    """Models beside their baselines, formats, devices, then the other metrics, one a line."""
    tables, rest = metric_tables(details["metrics"])
    for told in tables:
        table = Table(box=None, pad_edge=False)
        table.add_column(told.title)
        for measure in told.measures:
            table.add_column(measure.replace("_", " "), justify="right")
        for who, values in told.rows.items():
            table.add_row(who, *(number(values.get(measure)) for measure in told.measures))
        console.print(table)
    if rest:
        table = Table(box=None, pad_edge=False)
        table.add_column("metric")
        table.add_column("value", justify="right")
        for name, value in rest.items():
            table.add_row(name, number(value))
        console.print(table)


def print_gates(details: dict[str, Any], console: Console) -> None:
    """Per registered model the promotion gates, and whether it was promoted and why."""
    for promotion in details["promotions"]:
        table = Table(box=None, pad_edge=False)
        for column in ("gate", "limit", "got", ""):
            table.add_column(column, justify="left" if column == "gate" else "right")
        for gate in promotion["gates"]:
            table.add_row(gate["name"], _shown(gate["limit"]), _shown(gate["got"]), _state(gate))
        console.print(table)
        style = "green" if promotion["promoted"] else "yellow"
        text = f"{promotion['registered_model']}: {promotion['reason']}"
        console.print(f"[{style}]{escape(text)}[/]", highlight=False)


def _state(gate: dict[str, Any]) -> str:
    if gate.get("state") == "not run":
        return "[yellow]not run[/]"
    return "[green]passed[/]" if gate["passed"] else "[red]not passed[/]"


def _shown(value: Any) -> str:
    return number(value) if value is None or isinstance(value, int | float) else str(value)


def _plain(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False)
