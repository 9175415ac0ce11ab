"""``noria devices benchmark``: the models of TensorFlow's half-precision post on every device."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.output import messages, print_json, results
from noria.errors import ConfigError


def register(devices: typer.Typer) -> None:
    """Adds the command to the group ``devices``."""
    devices.command()(benchmark)


def benchmark(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where benchmark.json, .md and .html go.")
    ] = Path("device-benchmark"),
    models: Annotated[
        str, typer.Option(help="Some of the models, e.g. blazeface,hands; without it, all.")
    ] = "",
    devices: Annotated[
        str,
        typer.Option(
            help="Some of the devices (`noria devices list`); without it, two phones, "
            "this machine and a web page."
        ),
    ] = "",
    formats: Annotated[str, typer.Option(help="Some of the formats, e.g. fp32,fp16; without it, all.")] = "",
    quick: Annotated[
        bool, typer.Option("--quick", help="One picture, and the formats fp32 and fp16 alone.")
    ] = False,
    count: Annotated[int, typer.Option(min=1, help="Pictures that every file is given.")] = 4,
    json: Annotated[bool, typer.Option("--json", help="Print benchmark.json.")] = False,
) -> None:
    """Fetches the models of TensorFlow's half-precision post and runs them in every format on every device.

    Packages (PyPI's mediapipe and ai-edge-quantizer, npm's @mediapipe/objectron) are fetched when needed. The
    exit status is 1 where nothing could be run.
    """
    from components.device_lab.published_models.benchmark import DEVICES, run_benchmark
    from components.device_lab.published_models.catalogue import choose
    from components.device_lab.published_models.formats import FORMATS
    from components.device_lab.published_models.report import markdown, write_reports

    chosen = ("fp32", "fp16") if quick else tuple(_names(formats)) or FORMATS
    if unknown := [name for name in chosen if name not in FORMATS]:
        raise ConfigError(f"there is no format {unknown[0]!r}", hint=f"there are: {', '.join(FORMATS)}")
    record = run_benchmark(
        choose(_names(models)),
        _names(devices) or list(DEVICES),
        1 if quick else count,
        chosen,
        lambda text: messages.print(text, markup=False, highlight=False),
        keep=lambda record: write_reports(record, output),
    )
    if json:
        print_json(record.model_dump(mode="json"))
    else:
        results.print(markdown(record), markup=False, highlight=False)
        results.print(f"written to {output}", markup=False, highlight=False)
    if not any(run.ran for model in record.models for run in model.runs):
        messages.print(f"nothing could be run: {output}/benchmark.md says why", style="bold red")
        raise typer.Exit(1)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
