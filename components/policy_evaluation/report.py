"""A policy's evaluation as pictures and one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.board_games.plane_strike import placements
from components.evaluation_record import ChampionResult, ChampionUnreachable, Metrics
from components.policy_evaluation.config import PolicyEvaluationConfig
from components.policy_evaluation.pictures import game_picture, positions_picture, strikes_picture
from components.policy_evaluation.policy_model import Policy
from noria.files import write_bytes, write_text
from noria.html_report import Page

# Lines in the report's table; evaluation.json has all of them.
_LINES_SHOWN = 50


@dataclass(frozen=True)
class Findings:
    """What was found about one policy.

    Attributes:
        policy: The player of the SavedModel.
        metrics: Its metrics; ``exported``: those of the exported file, empty without one.
        exported: See ``metrics``.
        baselines: Metrics per baseline.
        champion: The registered champion on the same games.
        details: See measure_details.
    """

    policy: Policy
    metrics: Metrics
    exported: Metrics
    baselines: Mapping[str, Metrics]
    champion: ChampionResult | ChampionUnreachable | None
    details: Mapping[str, Any]


def write_report(folder: Path, config: PolicyEvaluationConfig, findings: Findings) -> list[Path]:
    """Writes ``report.html`` and its pictures into ``folder``; returns their paths."""
    page = Page(f"Policy evaluation: {findings.policy.name}, {config.game}")
    _scores(page, config, findings)
    if config.game == "plane_strike":
        pictures = _plane_strike(page, config, findings)
    else:
        pictures = _tic_tac_toe(page, findings)
    for name, data in pictures.items():
        write_bytes(folder / name, data)
    write_text(folder / "report.html", page.render())
    return [folder / name for name in ("report.html", *pictures)]


def _scores(page: Page, config: PolicyEvaluationConfig, findings: Findings) -> None:
    rows: dict[str, Mapping[str, float | None]] = {"this policy": findings.metrics}
    if findings.exported:
        rows["its exported file"] = findings.exported
    champion = findings.champion
    if isinstance(champion, ChampionResult):
        rows[f"champion (version {champion.version})"] = champion.metrics
    rows |= {f"baseline: {name}": metrics for name, metrics in findings.baselines.items()}
    told = (
        "Expected strikes until the plane is sunk, over all placements with their probabilities; lower is "
        "better."
        if config.game == "plane_strike"
        else "Wins, draws and losses are counted over every line of the opponent's moves, from either side. "
        "Score: expected result against a random opponent, win 1, draw 0, loss -1, mean of both sides."
    )
    page.section("Scores").paragraph(f"{told} All games were played: no number is an estimate.")
    names = list(findings.metrics)
    page.table(
        ["", *(name.replace("_", " ") for name in names)],
        [(who, *(metrics.get(name) for name in names)) for who, metrics in rows.items()],
    )
    if isinstance(champion, ChampionUnreachable):
        page.paragraph(f"The champion was not measured: {champion.unreachable}")


def _plane_strike(page: Page, config: PolicyEvaluationConfig, findings: Findings) -> dict[str, bytes]:
    planes, chances = placements()
    spec = findings.policy.spec
    strikes = np.array(findings.details["strikes"])
    typical = int(np.argsort(strikes, kind="stable")[len(strikes) // 2])
    greedy = np.array(findings.details["posterior_greedy_strikes"])
    random = findings.baselines["random"]["expected_strikes"] or float("nan")
    pictures = {
        "game.png": game_picture(
            findings.policy, planes[typical].reshape(spec.rows, spec.columns), config.moves_shown
        ),
        "strikes.png": strikes_picture(
            {"this policy": strikes, "posterior greedy": greedy}, np.asarray(chances), random
        ),
    }
    page.section("A typical game").picture(
        pictures["game.png"],
        f"placement {typical}, sunk after {strikes[typical]} strikes, the median: the policy's probabilities "
        "before each strike (the darkest cell is the one it takes, framed), crosses for hits, dots for "
        "misses, the plane outlined",
    )
    page.section("Strikes").picture(
        pictures["strikes.png"],
        "share of games by strikes, beside the player that is greedy on the posterior",
    )
    fewer, more = int((strikes < greedy).sum()), int((strikes > greedy).sum())
    page.paragraph(
        f"Fewest {strikes.min()}, most {strikes.max()}. Of {len(strikes)} placements, fewer than the "
        f"posterior-greedy player on {fewer}, more on {more}."
    )
    return pictures


def _tic_tac_toe(page: Page, findings: Findings) -> dict[str, bytes]:
    spec = findings.policy.spec
    positions = {"empty board": np.zeros((spec.rows, spec.columns), np.float32)}
    for name, cell in (("corner", 0), ("edge", 1), ("centre", 4)):
        board = np.zeros(spec.actions, np.float32)
        board[cell] = -1
        positions[f"reply to {name}"] = board.reshape(spec.rows, spec.columns)
    pictures = {"positions.png": positions_picture(findings.policy, positions)}
    page.section("First moves and replies").picture(
        pictures["positions.png"],
        "the policy's probabilities per empty cell; dots are the other's stones, the cell it takes is framed",
    )
    lines = findings.details["lost_lines"]
    page.section("Lost games").paragraph(
        f"{len(lines)} line(s) are lost. Cells are numbered row by row from 0."
        if lines
        else "No line is lost, from either side."
    )
    if lines:
        page.table(
            ["the policy plays", "cells in the order of play"],
            [(line["policy_plays"], " ".join(map(str, line["cells"]))) for line in lines[:_LINES_SHOWN]],
        )
    return pictures
