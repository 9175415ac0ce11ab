"""What is measured of a player, per game. Every number is exact: all games are played, none is sampled.

plane_strike    expected_strikes over all placements with their probabilities; lower is better
tic_tac_toe     wins, draws and losses over every line of the opponent's moves, from either side, and the
                expected score against a random opponent (win 1, draw 0, loss -1)
"""

from __future__ import annotations

from typing import Any

from components.board_games.exact import (
    every_line,
    expected_strikes,
    expected_strikes_random,
    score_against_random,
)
from components.board_games.moves import Player
from components.board_games.plane_strike import placements
from components.board_games.players import perfect_player, posterior_greedy
from components.board_games.tic_tac_toe import LINES
from components.evaluation_record import Metrics
from components.policy_evaluation.config import GameName
from components.policy_evaluation.lost_lines import lost_lines
from noria.digests import text_digest


def measure(game: GameName, player: Player) -> Metrics:
    """A player's metrics; raises DataError where it makes an illegal move."""
    if game == "plane_strike":
        return {"expected_strikes": expected_strikes(player)[0]}
    outcomes = every_line(player)
    return {
        "losses": float(outcomes.losses),
        "draws": float(outcomes.draws),
        "wins": float(outcomes.wins),
        "score": score_against_random(player),
    }


def measure_baselines(game: GameName) -> dict[str, Metrics]:
    """The metrics of players that need no training; a random one plays no line of its own."""
    if game == "plane_strike":
        return {
            "random": {"expected_strikes": expected_strikes_random()},
            "posterior_greedy": measure(game, posterior_greedy),
        }
    return {"random": {"score": score_against_random(None)}, "perfect": measure(game, perfect_player)}


def measure_details(game: GameName, player: Player) -> dict[str, Any]:
    """Strikes against each placement, or each lost line (see lost_lines), beside the metrics."""
    if game == "plane_strike":
        return {
            "strikes": expected_strikes(player)[1].tolist(),
            "posterior_greedy_strikes": expected_strikes(posterior_greedy)[1].tolist(),
            "probabilities": placements()[1].tolist(),
        }
    return {"lost_lines": [{"policy_plays": side, "cells": cells} for side, cells in lost_lines(player)]}


def rules_digest(game: GameName) -> str:
    """Digest of what a game is won by: the placements and their probabilities, or the lines."""
    if game == "plane_strike":
        planes, chances = placements()
        return text_digest(game, str(planes.astype(int).tolist()), str(chances.tolist()))
    return text_digest(game, str(LINES.tolist()))
