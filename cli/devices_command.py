"""``noria devices``: on which processors a .tflite file can be tried, and what it does there."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from cli import devices_benchmark
from cli.output import messages, number, print_json, results
from noria.errors import NoriaError

if TYPE_CHECKING:
    from components.device_check.file_check import FileCheck

Json = Annotated[bool, typer.Option("--json", help="As JSON.")]

devices = typer.Typer(
    help="Emulated phones, this machine and a web page: try a .tflite file on them.", no_args_is_help=True
)


class Task(StrEnum):
    """What agreement means."""

    classification = "classification"
    regression = "regression"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    devices_benchmark.register(devices)
    app.add_typer(devices, name="devices")


@devices.command("list")
def list_(json: Json = False) -> None:
    """Lists the devices, and what is missing for those that cannot be used yet."""
    from components.device_lab.installation import device_states

    states = device_states()
    if json:
        print_json(
            [
                {
                    "name": state.profile.name,
                    "title": state.profile.title,
                    "kind": state.profile.kind,
                    "half_precision": state.profile.half_precision,
                    "available": state.available,
                    "note": state.note,
                }
                for state in states
            ]
        )
        return
    table = _table("name", "device", "can be used", "with")
    for state in states:
        used = "[green]yes[/]" if state.available else "[yellow]no[/]"
        table.add_row(state.profile.name, escape(state.profile.title), used, escape(state.note))
    results.print(table)


@devices.command()
def setup() -> None:
    """Fetches the emulator (Debian's packages, PyPI) and the web runtime (npm). Exit status 1: not all."""
    from components.device_lab.installation import set_up

    parts = set_up(_say)
    for part in parts:
        if part.problem:
            results.print(f"{part.name}: not here: {part.problem}", markup=False, highlight=False)
        else:
            size = f"{part.bytes / 1e6:.0f} MB"
            results.print(f"{part.name}: {size} in {part.path}", markup=False, highlight=False)
    raise typer.Exit(any(part.problem for part in parts))


@devices.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE.tflite", help="The file.")],
    on: Annotated[
        str, typer.Option("--devices", metavar="A,B", help="Names; default: neoverse-n1,cortex-a53.")
    ] = "",
    samples: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npz", help="Input name to [samples, *shape]; default: random inputs."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many samples.")] = 8,
    output: Annotated[str, typer.Option(help="The output to compare; default: the largest.")] = "",
    task: Annotated[
        Task, typer.Option(help="A sample agrees: same argmax, or within 1 % of the outputs' scale.")
    ] = Task.regression,
    json: Json = False,
) -> None:
    """Runs a file on devices beside the same file in single precision here.

    Exit status 0: it ran on every device; 1: not on all of them; 2: the file or an option is wrong.
    """
    from components.device_check.file_check import check_file
    from components.device_lab.profiles import DEFAULT_DEVICES

    names = [name.strip() for name in on.split(",") if name.strip()] if on else list(DEFAULT_DEVICES)
    if not names:
        raise NoriaError("--devices names no device", hint="noria devices list shows them")
    found = check_file(
        file, names, samples=samples, count=count, output=output, task=task.value, progress=_say
    )
    if samples is None:
        _say(f"no samples were given: the inputs are {found.inputs}, which real ones may be unlike")
    if json:
        print_json(_rows(found))
    else:
        _show(file, found)
    raise typer.Exit(not all(row.ran for row in found.devices))


def _rows(found: FileCheck) -> list[dict[str, Any]]:
    return [
        {
            **row.model_dump(mode="json", exclude={"task_metric", "difference_from_single"}),
            "bytes": found.facts.bytes,
            "samples": found.samples,
            "inputs": found.inputs,
            "output": found.output,
        }
        for row in found.devices
    ]


def _show(file: Path, found: FileCheck) -> None:
    facts = found.facts
    precision = "allows half precision" if facts.marked_for_half else "single precision or integers only"
    results.print(
        f"{file}: {facts.bytes:,} bytes, {precision}; output {found.output!r}, {found.samples} samples, "
        f"inputs: {found.inputs}",
        markup=False,
        highlight=False,
    )
    table = _table("device", "ran", "half precision", "agreement", "largest difference", "half instructions")
    for row in found.devices:
        half = "-" if row.half_precision is None else "yes" if row.half_precision else "no"
        ran = "[green]yes[/]" if row.ran else "[red]no[/]"
        numbers = (row.agreement, row.max_difference, row.half_instructions)
        table.add_row(row.device, ran, half, *map(number, numbers))
    results.print(table)
    for row in found.devices:
        for line in (*([row.why_not] if row.why_not else []), *row.findings):
            results.print(f"{row.device}: {line}", markup=False, highlight=False)


def _table(*columns: str) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _say(line: str) -> None:
    messages.print(line, markup=False, highlight=False)
