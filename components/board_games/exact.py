"""Exact evaluation: every placement of the plane, every line of tic-tac-toe. Nothing here is sampled.

A player evaluated here is deterministic: it answers the same position in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.board_games import plane_strike, tic_tac_toe
from components.board_games.game import Floats
from components.board_games.moves import Player, choose
from components.board_games.tic_tac_toe import board_keys, has_line

Boards = npt.NDArray[np.int8]
Weights = npt.NDArray[np.float64]


def expected_strikes(player: Player) -> tuple[float, npt.NDArray[np.int64]]:
    """Plays Plane Strike against every placement at once.

    Returns:
        The mean number of strikes, weighted with the placements' probabilities, and int64 [115], the strikes
        against each.

    Raises:
        DataError: The player chose a cell that was tried before.
    """
    planes, chances = plane_strike.placements()
    batch = plane_strike.PlaneStrikeBatch(planes)
    strikes = np.zeros(len(planes), np.int64)
    for _ in range(batch.spec.longest):
        running = ~batch.over()
        if not running.any():
            break
        actions = np.zeros(len(planes), np.int64)
        actions[running] = choose(player, batch.spec, batch.observe()[running], batch.legal()[running])
        batch.play(actions)
        strikes[running] += 1
    return float(strikes @ chances), strikes


def expected_strikes_random() -> float:
    """The random player's mean: the expected largest of 8 numbers drawn from 1 to 64 without replacement.

    The largest of k numbers drawn from 1 to n is k (n + 1) / (k + 1) on average, wherever the plane lies.
    """
    k, n = plane_strike.PLANE_CELLS, plane_strike.SPEC.actions
    return k * (n + 1) / (k + 1)


@dataclass(frozen=True)
class Outcomes:
    """How many games of tic-tac-toe ended in which way, from one player's side.

    Attributes:
        wins: Games won; ``draws`` and ``losses`` likewise.
        draws: See ``wins``.
        losses: See ``wins``.
    """

    wins: int
    draws: int
    losses: int


def count_lines(first: Player | None, second: Player | None) -> Outcomes:
    """Every line of tic-tac-toe between two players, from the first one's side.

    Args:
        first: Who begins; None: every legal move is made, each in a line of its own.
        second: The other; None: likewise.

    Raises:
        DataError: A player chose a cell that is not empty.
    """
    tree = _walk(first, second, share=False)
    return Outcomes(wins=round(tree.first_wins), draws=round(tree.draws), losses=round(tree.second_wins))


def every_line(player: Player) -> Outcomes:
    """The player against every line of its opponent's moves, from either side, counted by lines.

    Raises:
        DataError: The player chose a cell that is not empty.
    """
    begins, follows = count_lines(player, None), count_lines(None, player)
    return Outcomes(
        wins=begins.wins + follows.losses,
        draws=begins.draws + follows.draws,
        losses=begins.losses + follows.wins,
    )


def score_against_random(player: Player | None) -> float:
    """Expected score of tic-tac-toe (win 1, draw 0, loss -1) against a uniformly random opponent.

    Args:
        player: None: a uniformly random one itself.

    Returns:
        The mean of both sides.

    Raises:
        DataError: The player chose a cell that is not empty.
    """
    begins, follows = _walk(player, None, share=True), _walk(None, player, share=True)
    return (begins.first_wins - begins.second_wins + follows.second_wins - follows.first_wins) / 2


def reachable_positions(player: Player | None) -> Floats:
    """What the player can have to answer in tic-tac-toe, from either side, whatever its opponent does.

    Args:
        player: None: one that may make any move, so every position in which a game goes on.

    Returns:
        float32 [positions, 3, 3] as GameBatch.observe shows them, no two alike; fewest stones first.

    Raises:
        DataError: The player chose a cell that is not empty.
    """
    begins, follows = _walk(player, None, share=False), _walk(None, player, share=False)
    plies = [(begins, follows)[ply % 2].plies[ply] for ply in range(tic_tac_toe.SPEC.longest)]
    return np.concatenate(plies).astype(np.float32).reshape(-1, 3, 3)


@dataclass
class _Tree:
    """Weights of games by outcome, and int8 [positions, 9] per ply: where whoever moves has to move."""

    first_wins: float
    draws: float
    second_wins: float
    plies: list[Boards]


def _walk(first: Player | None, second: Player | None, *, share: bool) -> _Tree:
    """Plays all lines breadth first; equal positions are one, with the sum of their weights.

    Args:
        first: None: makes every legal move; ``second`` likewise.
        second: See ``first``.
        share: A position's weight is shared among the moves from it (probabilities); else each gets all of it
            (numbers of lines).
    """
    boards: Boards = np.zeros((1, 9), np.int8)  # always as whoever moves sees it
    weights: Weights = np.ones(1)
    wins, plies = [0.0, 0.0], []
    for ply in range(tic_tac_toe.SPEC.longest):
        plies.append(boards)
        boards, weights = _moved((first, second)[ply % 2], boards, weights, share)
        won = has_line(boards == 1)
        wins[ply % 2] += float(weights[won].sum())
        boards, weights = _merged(-boards[~won], weights[~won])
    return _Tree(first_wins=wins[0], draws=float(weights.sum()), second_wins=wins[1], plies=plies)


def _moved(player: Player | None, boards: Boards, weights: Weights, share: bool) -> tuple[Boards, Weights]:
    """Boards and weights after a move, still as the one who moved sees them."""
    legal = boards == 0
    if player is None:
        rows, cells = np.nonzero(legal)
        weights = (weights / legal.sum(axis=1) if share else weights)[rows]
    elif len(boards):
        rows = np.arange(len(boards))
        cells = choose(player, tic_tac_toe.SPEC, boards.astype(np.float32).reshape(-1, 3, 3), legal)
    else:
        return boards, weights
    after = boards[rows]
    after[np.arange(len(rows)), cells] = 1
    return after, weights


def _merged(boards: Boards, weights: Weights) -> tuple[Boards, Weights]:
    _, first, inverse = np.unique(board_keys(boards), return_index=True, return_inverse=True)
    return boards[first], np.bincount(inverse, weights=weights, minlength=len(first)).astype(np.float64)
