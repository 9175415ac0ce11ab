"""The report beside the models: tables, calibration, course of training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from components.pictures import learning_curve
from components.user_model_training.evaluate import Evaluation
from components.user_model_training.metrics import Calibration
from components.user_model_training.pictures import calibration_picture, groups_picture
from components.user_model_training.train import TrainedModel
from components.user_model_training.user_model_folder import UserModelsFacts
from noria.files import write_bytes, write_text
from noria.html_report import Page

# Panels of leaving; those where a model is furthest off come first.
_PROXIES_SHOWN = 8
_COMPLETION = ("auc", "auc_low", "auc_high", "log_loss", "calibration_error")
_LEAVING = ("leave_auc", "leave_log_loss", "leave_calibration_error", "leave_gap")


def write_report(
    folder: Path,
    facts: UserModelsFacts,
    models: Mapping[str, TrainedModel],
    evaluations: Mapping[str, Evaluation],
    settings: Mapping[str, object],
) -> list[Path]:
    """Writes ``report.html`` and its pictures into the artifact's folder; returns the files."""
    pictures = {
        "calibration.png": calibration_picture(
            {
                "completing a track": {name: found.completion for name, found in evaluations.items()},
                "leaving after a track": {name: found.leaving for name, found in evaluations.items()},
            }
        ),
        "positions.png": groups_picture(
            {"completed tracks": {name: found.by_position for name, found in evaluations.items()}},
            "position in the session",
            "share",
        ),
        "leaving.png": groups_picture(_proxies(evaluations), "fifth of the tracks, lowest first", "left"),
    }
    page = Page("user_model_training").paragraph(
        f"Agents train with {facts.chosen}. All numbers below are of the test split, whose sessions are "
        "later than all that was trained on and than those that training was stopped by. Log losses are in "
        "nats per track; the calibration error is the mean distance of predicted and actual share over "
        "groups of similar predictions; intervals are 95 % bootstrap intervals over sessions."
    )
    scores = {**{name: model.test for name, model in facts.models.items()}, **facts.baselines}
    page.section("Completing a track").table(["model", *_COMPLETION], _rows(scores, _COMPLETION))
    page.section("Leaving after a track").table(["model", *_LEAVING], _rows(scores, _LEAVING))
    page.paragraph(
        "leave_gap is the largest distance of predicted and actual share of leavers in a fifth of the "
        "tracks, by any of the columns that tell how the session went (pictures below)."
    )
    page.section("Calibration").picture(
        pictures["calibration.png"], "Groups of similar predictions; the dashed line is right"
    )
    page.picture(pictures["positions.png"], "Share of completed tracks by position in the session")
    page.picture(
        pictures["leaving.png"],
        "Share of users that left, by fifths of what was known of the session; satisfaction itself is not "
        "logged",
    )
    for name, model in models.items():
        file = f"learning_curve_{name}.png"
        panels = {"loss": "loss, nats per track"}
        pictures[file] = learning_curve(model.history, model.best, panels)
        page.section(f"Course of training: {name}").picture(
            pictures[file], "Loss per epoch; the dashed line marks the epoch that was kept"
        )
    page.section("Settings").table(
        ["setting", "value"], [[key, str(value)] for key, value in settings.items()]
    )
    for file, picture in pictures.items():
        write_bytes(folder / file, picture)
    write_text(folder / "report.html", page.render())
    return [folder / name for name in ("report.html", *pictures)]


def _rows(scores: Mapping[str, Mapping[str, float]], names: tuple[str, ...]) -> list[list[object]]:
    return [
        [who, *(values.get(name) for name in names)]
        for who, values in scores.items()
        if any(name in values for name in names)
    ]


def _proxies(evaluations: Mapping[str, Evaluation]) -> dict[str, dict[str, Calibration]]:
    worst: dict[str, float] = {}
    for found in evaluations.values():
        for name, groups in found.proxies.items():
            worst[name] = max(worst.get(name, 0.0), groups.gap)
    shown = sorted(worst, key=lambda name: -worst[name])[:_PROXIES_SHOWN]
    return {name: {who: found.proxies[name] for who, found in evaluations.items()} for name in shown}
