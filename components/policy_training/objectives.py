"""What a policy is judged by while it trains: exact evaluation, which is the objective and no test set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from components.board_games.exact import (
    every_line,
    expected_strikes,
    expected_strikes_random,
    score_against_random,
)
from components.board_games.game import Actions, Bools, Floats
from components.board_games.moves import Player
from components.board_games.players import perfect_player, posterior_greedy
from components.policy_training.actor import Policy, choose


@dataclass(frozen=True)
class Objective:
    """How a policy's argmax play is measured, and which of two measurements is better.

    Attributes:
        evaluate: A player to its metrics.
        rank: Metrics to numbers that are compared in order; smaller is better.
        panels: Metrics that the learning curve shows, with their labels.
        references: What players that learn nothing reach: metric to player to value.
    """

    evaluate: Callable[[Player], dict[str, float]]
    rank: Callable[[dict[str, float]], tuple[float, ...]]
    panels: dict[str, str]
    references: Callable[[], dict[str, dict[str, float]]] = dict


def argmax_player(policy: Policy) -> Player:
    """The policy as a player that takes its best score; the policy itself masks what is not legal."""

    def play(boards: Floats, legal: Bools) -> Actions:  # noqa: ARG001
        return choose(policy(np.asarray(boards, np.float32)), None)

    return play


def objective_of(game: str) -> Objective:
    """The objective of a game by name."""
    return _OBJECTIVES[game]


def _strikes(player: Player) -> dict[str, float]:
    return {"expected_strikes": expected_strikes(player)[0]}


def _lines(player: Player) -> dict[str, float]:
    lines = every_line(player)
    return {
        "losses": float(lines.losses),
        "draws": float(lines.draws),
        "wins": float(lines.wins),
        "score": score_against_random(player),
    }


_OBJECTIVES = {
    "plane_strike": Objective(
        _strikes,
        lambda metrics: (metrics["expected_strikes"],),
        {"expected_strikes": "expected strikes, all placements"},
        lambda: {
            "expected_strikes": {
                "random": expected_strikes_random(),
                "greedy on the posterior": expected_strikes(posterior_greedy)[0],
            }
        },
    ),
    "tic_tac_toe": Objective(
        _lines,
        lambda metrics: (metrics["losses"], -metrics["score"]),
        {"losses": "lost lines", "score": "score against a random player"},
        lambda: {
            "score": {"random": score_against_random(None), "perfect": score_against_random(perfect_player)}
        },
    ),
}
