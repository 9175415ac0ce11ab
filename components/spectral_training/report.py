"""The report beside a classifier: learning curve, trials, settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components.pictures import learning_curve
from components.spectral_training.train import Trained
from noria.files import write_bytes, write_text
from noria.html_report import Page

_PANELS = {"loss": "cross-entropy, nats", "accuracy": "accuracy"}


def write_report(
    folder: Path, name: str, trained: Trained, inputs: str, settings: Mapping[str, object]
) -> list[Path]:
    """Writes ``report.html`` and ``learning_curve.png``; returns both.

    Args:
        folder: The TrainedModel folder.
        name: Of the model.
        trained: What happened.
        inputs: What the layers take, in words.
        settings: The configuration.
    """
    picture = learning_curve(trained.history, trained.best_epoch, _PANELS)
    page = Page(f"spectral_training: {name}").paragraph(
        f"The layers take {inputs}. Both classifiers of this step have the same budget of parameters, epochs "
        f"and trials; {trained.model.count_params():,} parameters give this one hidden layers of "
        f"{trained.width} units. The validation images chose the epoch and the rate of dropout; test images "
        "had no part in it."
    )
    page.table(["metric", "at the kept epoch"], [[name, value] for name, value in trained.best.items()])
    page.section("Course of training").picture(
        picture, "The chosen rate of dropout; the dashed line marks the epoch that was kept"
    )
    page.table(
        ["dropout", "lowest validation loss", "chosen"],
        [[dropout, loss, dropout == trained.dropout] for dropout, loss in trained.trials.items()],
    )
    page.section("Settings").table(["setting", "value"], [[key, str(v)] for key, v in settings.items()])
    write_bytes(folder / "learning_curve.png", picture)
    write_text(folder / "report.html", page.render())
    return [folder / "report.html", folder / "learning_curve.png"]
