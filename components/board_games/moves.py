"""Checks of moves: those that a batch of games is given, and those that a player chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from components.board_games.game import Actions, Bools, Floats, GameBatch, GameSpec
from noria.errors import DataError

# (observations float32 [n, rows, columns], legal bool [n, actions]) -> actions int64 [n].
Player = Callable[[Floats, Bools], Actions]


def legal_moves(batch: GameBatch, actions: Actions) -> tuple[npt.NDArray[np.int64], Actions]:
    """The games that are not over, as int64 [running] row numbers, and their actions, int64 [running].

    Raises:
        ValueError: ``actions`` is not one whole number per game, or one is not legal.
    """
    actions, legal = np.asarray(actions), batch.legal()
    if actions.shape != legal.shape[:1] or actions.dtype.kind not in "iu":
        raise ValueError(
            f"{batch.spec.name}: got actions {actions.dtype} {list(actions.shape)}, "
            f"expected one whole number for each of {len(legal)} games"
        )
    rows = np.flatnonzero(~batch.over())
    cells = actions[rows].astype(np.int64)
    wrong = _illegal(cells, legal[rows])
    if len(wrong):
        first = wrong[0]
        raise ValueError(
            f"{batch.spec.name}: action {cells[first]} of game {rows[first]} is not legal "
            f"({len(wrong)} of {len(rows)} actions are not)"
        )
    return rows, cells


def choose(player: Player, spec: GameSpec, observations: Floats, legal: Bools) -> Actions:
    """A player's moves, checked; every position given has to have a legal move.

    Raises:
        DataError: The player returned something else than one legal action per position; it names the first
            such position.
    """
    answer: npt.NDArray[Any] = np.asarray(player(observations, legal))
    if answer.shape != legal.shape[:1] or answer.dtype.kind not in "iu":
        raise DataError(
            f"{spec.name}: the player returned {answer.dtype} {list(answer.shape)}, "
            f"expected one whole number for each of {len(legal)} positions",
            hint="return argmax of the scores over the cells: int64 [positions]",
        )
    actions = answer.astype(np.int64)
    wrong = _illegal(actions, legal)
    if len(wrong):
        first = wrong[0]
        raise DataError(
            f"{spec.name}: the player chose cell {actions[first]}, which is not legal, in the position "
            f"{drawn(observations[first])} ({len(wrong)} of {len(actions)} choices are not legal)",
            hint="mask the scores of cells that are not empty before argmax",
        )
    return actions


def drawn(observation: Floats) -> str:
    """One position as text, rows separated by ``/``: ``+`` for 1, ``-`` for -1, ``.`` for 0."""
    signs = np.array(["-", ".", "+"])[np.sign(observation).astype(np.int64) + 1]
    return "/".join("".join(row) for row in signs)


def _illegal(actions: Actions, legal: Bools) -> npt.NDArray[np.int64]:
    outside = (actions < 0) | (actions >= legal.shape[1])
    allowed = legal[np.arange(len(actions)), np.where(outside, 0, actions)]
    return np.flatnonzero(outside | ~allowed)
