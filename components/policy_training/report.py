"""The report beside the model: learning curve and settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components.pictures import learning_curve
from components.policy_training.objectives import Objective
from components.policy_training.train import Trained
from noria.files import write_bytes, write_text
from noria.html_report import Page


def write_report(
    folder: Path, trained: Trained, objective: Objective, settings: Mapping[str, object]
) -> list[Path]:
    """Writes ``report.html`` and ``learning_curve.png``; returns both.

    Args:
        folder: The TrainedModel folder.
        trained: What happened.
        objective: Names what the curve shows.
        settings: The configuration.
    """
    updates = [int(metrics["update"]) for metrics in trained.history]
    picture = learning_curve(
        trained.history,
        trained.best,
        {**objective.panels, "entropy": "entropy of the policy, nats"},
        updates,
        objective.references(),
    )
    best = trained.history[trained.best]
    page = Page(f"policy_training: {settings['game']}").paragraph(
        f"Handed on are the weights of update {int(best['update'])}, the best by exact evaluation of the "
        "policy's best moves. The game is finite, so this is what training aims at, not a test on a sample."
    )
    page.table(["metric", "at the kept update"], [[name, value] for name, value in best.items()])
    page.section("Course of training").picture(
        picture, "Per evaluation; the dashed line marks the update that was kept"
    )
    page.section("Settings").table(["setting", "value"], [[name, str(v)] for name, v in settings.items()])
    write_bytes(folder / "learning_curve.png", picture)
    write_text(folder / "report.html", page.render())
    return [folder / "report.html", folder / "learning_curve.png"]
