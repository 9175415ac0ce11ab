"""Games of tic-tac-toe that a player loses, move by move."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from components.board_games.moves import Player, choose
from components.board_games.tic_tac_toe import SPEC, has_line


def lost_lines(player: Player) -> list[tuple[str, list[int]]]:
    """Every line that the player loses, whatever its opponent does.

    Returns:
        Side of the player (``first`` or ``second``) and the cells in the order of play.

    Raises:
        DataError: The player chose a cell that is not empty.
    """
    return [(side, line.tolist()) for side in ("first", "second") for line in _lost(player, side == "first")]


def _lost(player: Player, begins: bool) -> list[npt.NDArray[np.int64]]:
    boards = np.zeros((1, SPEC.actions), np.int8)  # as whoever moves sees them
    lines = np.zeros((1, 0), np.int64)
    lost: list[npt.NDArray[np.int64]] = []
    for ply in range(SPEC.longest):
        own = (ply % 2 == 0) == begins
        legal = boards == 0
        if own:
            rows = np.arange(len(boards))
            seen = boards.astype(np.float32).reshape(-1, SPEC.rows, SPEC.columns)
            cells = choose(player, SPEC, seen, legal)
        else:
            rows, cells = np.nonzero(legal)
        boards, lines = boards[rows], np.concatenate([lines[rows], cells[:, None]], axis=1)
        boards[np.arange(len(rows)), cells] = 1
        won = has_line(boards == 1)
        if not own:
            lost += list(lines[won])
        boards, lines = -boards[~won], lines[~won]
        if not len(boards):
            break
    return lost
