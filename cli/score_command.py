"""``noria score``: a trained model applied to new data."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cli.output import print_json, results


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(score)


def score(
    pipeline: Annotated[str, typer.Argument(help="A pipeline that forecasts, e.g. temporal.")],
    events: Annotated[Path, typer.Option(help="New data: a file such as the configuration's source.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.parquet", help="Where to write.")],
    run: Annotated[
        str,
        typer.Option(help="Take the model of this run; without it, the champion of the model registry."),
    ] = "",
    model: Annotated[
        str,
        typer.Option(
            help="Which of the pipeline's models; without it, the run's better one, or whichever is champion."
        ),
    ] = "",
    latest: Annotated[bool, typer.Option("--latest", help="Only the newest forecasts.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Applies a run's model, or the champion, to new events."""
    from noria.home import Home
    from orchestration.score_run import score_run

    home = Home.find()
    with _native_messages_in(home.root / "score.log"):
        result = score_run(home, pipeline, events, output, run=run, model=model, latest=latest)
    if json:
        print_json(result.values)
        return
    for line in result.lines:
        results.print(line, markup=False, highlight=False)


@contextmanager
def _native_messages_in(path: Path) -> Iterator[None]:
    """Sends to a file what TensorFlow's and YDF's C++ code prints, which no setting silences."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.flush()
    kept = os.dup(2)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(log, 2)
    os.close(log)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
