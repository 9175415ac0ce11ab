"""The README's tables of runs of the board_game pipeline, one game each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from benchmarks.readme_numbers import devices_row


def game_of(run: dict[str, Any]) -> str:
    """The game that a run was of."""
    return str(yaml.safe_load(Path(run["config"]).read_text(encoding="utf-8"))["game"])


def table(run: dict[str, Any]) -> str:
    """The table of one run's metrics as Markdown."""
    rows = _plane_strike(run) if game_of(run) == "plane_strike" else _tic_tac_toe(run)
    got, steps = run["metrics"], {step["name"]: step["seconds"] for step in run["steps"]}
    return "\n".join(
        [
            *rows,
            "",
            f"Training took {steps['policy_training']:.0f} s; "
            f"the file has {got['tflite_bytes'] / 1e3:.0f} kB.{_devices(run)}",
        ]
    )


def _devices(run: dict[str, Any]) -> str:
    cells = devices_row(run).strip("| ").split(" | ")
    return f" As for {cells[0]}: {cells[1]}." if len(cells) == 2 else ""


def pictures(run: dict[str, Any]) -> dict[str, Path]:
    """How a game is played, and how that was learned; of Plane Strike only."""
    if game_of(run) != "plane_strike":
        return {}
    return {
        "plane_strike_play.png": Path(run["artifacts"]["evaluation"], "game.png"),
        "plane_strike_learning.png": Path(run["artifacts"]["model"], "learning_curve.png"),
    }


def _plane_strike(run: dict[str, Any]) -> list[str]:
    got = run["metrics"]
    return [
        "| Plane Strike | expected strikes over all 115 placements |",
        "|---|---|",
        f"| **the exported FP16 file** | **{got['tflite_expected_strikes']:.2f}** |",
        f"| greedy on the posterior | {got['baseline_posterior_greedy_expected_strikes']:.2f} |",
        f"| random | {got['baseline_random_expected_strikes']:.2f} |",
    ]


def _tic_tac_toe(run: dict[str, Any]) -> list[str]:
    got = run["metrics"]
    return [
        "| tic-tac-toe | lost lines, of all there are, either side | score against a random player |",
        "|---|---|---|",
        f"| **the exported FP16 file** | **{got['tflite_losses']:.0f}** | **{got['tflite_score']:.3f}** |",
        f"| perfect player | {got['baseline_perfect_losses']:.0f} | {got['baseline_perfect_score']:.3f} |",
        f"| random player | | {got['baseline_random_score']:.3f} |",
    ]
