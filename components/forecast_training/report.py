"""Reports beside the handed-on models: what they rest on and how they were trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.forecast_training.forests import IMPORTANCE, Kind
from components.forecast_training.train_network import TrainedNetwork
from components.forecast_training.tree_picture import tree_picture
from components.pictures import bars, learning_curve
from noria.files import write_bytes, write_text
from noria.html_report import Page


def write_forest_report(
    folder: Path,
    kind: Kind,
    model: Any,
    importance: Mapping[str, float],
    validation: Mapping[Kind, float],
    settings: Mapping[str, object],
) -> list[Path]:
    """Writes ``report.html`` with its pictures; returns the files.

    Args:
        folder: The forest's TrainedModel folder.
        kind: Which kind of forest is handed on.
        model: The YDF model.
        importance: Feature to importance.
        validation: Kind of forest to its WAPE before the first test window.
        settings: Hyper-parameters.
    """
    pictures = {
        "importances.png": bars(importance, f"importance ({IMPORTANCE}): how near to the root it is asked"),
        "tree.png": tree_picture(model),
    }
    page = Page(f"forecast_training: {kind}").paragraph(
        f"Handed on is {kind}, the kind of forest with the smaller error on the validation stretch before "
        "the first test window. It was trained on everything before the last test window."
    )
    rows = [[name, wape, name == kind] for name, wape in validation.items()]
    page.table(["forest", "WAPE on validation", "handed on"], rows)
    page.table(["hyper-parameter", "value"], [[name, value] for name, value in settings.items()])
    page.section("What it asks about").picture(pictures["importances.png"], "Importance of every feature")
    page.section("Its first tree").picture(
        pictures["tree.png"],
        "First questions of the first tree; leaves add to the forecast relative to the scale",
    )
    return _write(folder, page, pictures)


def write_network_report(
    folder: Path,
    network: TrainedNetwork,
    importance: Mapping[str, float],
    settings: Mapping[str, object],
    unused: tuple[str, ...],
) -> list[Path]:
    """Writes ``report.html`` with the learning curve; returns the files.

    Args:
        folder: The network's TrainedModel folder.
        network: The network.
        importance: Feature to importance.
        settings: Hyper-parameters.
        unused: Features that its standardisation leaves out.
    """
    panels = {"pinball": "pinball loss, relative"}
    pictures = {
        "learning_curve.png": learning_curve(network.history, network.best_epoch, panels),
        "importances.png": bars(importance, "WAPE added when the feature is shuffled"),
    }
    page = Page("forecast_training: network").paragraph(
        "Trained on everything before the last test window, for the number of epochs that was best on the "
        "validation stretch in a first fit, whose course is shown."
    )
    page.table(["hyper-parameter", "value"], [[name, value] for name, value in settings.items()])
    page.paragraph(
        "After training, the quantiles' distances from the median were multiplied by what the validation "
        "stretch needed, by groups of rows:"
    )
    limits = [*(f"{edge:.4g}" for edge in network.edges), "any"]
    factors = zip(limits, network.widened.tolist(), strict=True)
    page.table(["scale up to", "below", "above"], [[limit, *pair] for limit, pair in factors])
    if unused:
        page.paragraph(
            f"Features that it does not use, because they are constant or too large for half precision: "
            f"{', '.join(unused)}."
        )
    page.section("Course of the first fit").picture(
        pictures["learning_curve.png"], "Loss per epoch; the dashed line marks the number that was kept"
    )
    page.section("What it rests on").picture(
        pictures["importances.png"], "Permutation importance of every feature on the validation stretch"
    )
    return _write(folder, page, pictures)


def _write(folder: Path, page: Page, pictures: Mapping[str, bytes]) -> list[Path]:
    for name, picture in pictures.items():
        write_bytes(folder / name, picture)
    write_text(folder / "report.html", page.render())
    return [folder / name for name in ("report.html", *pictures)]
