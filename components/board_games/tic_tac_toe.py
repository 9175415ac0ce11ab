"""Tic-tac-toe on 3x3: two players take turns, three in a row wins, a full board is a draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from components.board_games.game import Actions, Bools, Floats, GameSpec
from components.board_games.moves import legal_moves

SPEC = GameSpec(name="tic_tac_toe", rows=3, columns=3, players=2, longest=9)

_CELLS = np.arange(9).reshape(3, 3)
# int64 [8, 3]: the cells of every row, column and diagonal.
LINES = np.concatenate([_CELLS, _CELLS.T, [_CELLS.diagonal(), _CELLS[:, ::-1].diagonal()]])

# int64 [9]: what a cell counts in the number of a board.
KEY_POWERS = 3 ** np.arange(9)


def has_line(stones: Bools) -> Bools:
    """Whether three stones are in a row: bool [..., 9] -> bool [...]."""
    return np.asarray(stones[..., LINES].all(axis=-1).any(axis=-1))


def board_keys(boards: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """A number below 3**9 for every board: values -1, 0, 1 [..., 9] -> int64 [...]."""
    return np.asarray((boards.astype(np.int64) + 1) @ KEY_POWERS)


class TicTacToeBatch:
    """Games of tic-tac-toe that start together (a GameBatch).

    Args:
        games: How many.
    """

    spec: GameSpec = SPEC

    def __init__(self, games: int) -> None:
        # 1 for the side that moved first, -1 for the other.
        self._board = np.zeros((games, SPEC.actions), np.int8)

    def observe(self) -> Floats:
        """float32 [games, 3, 3] from the side of whoever moves: 1 = own, -1 = the other's, 0 = empty."""
        seen = self._board * self._side()[:, None]
        return np.asarray(seen, np.float32).reshape(-1, SPEC.rows, SPEC.columns)

    def legal(self) -> Bools:
        """bool [games, 9]: empty cells; none of a game that is over."""
        return np.asarray((self._board == 0) & ~self.over()[:, None])

    def over(self) -> Bools:
        """bool [games]: someone has three in a row, or the board is full."""
        full = (self._board != 0).all(axis=1)
        return np.asarray(full | has_line(self._board == 1) | has_line(self._board == -1))

    def play(self, actions: Actions) -> Floats:
        """Puts a stone of whoever moves into every game that is not over; see GameBatch."""
        rows, cells = legal_moves(self, actions)
        side = self._side()[rows]
        self._board[rows, cells] = side
        rewards = np.zeros(len(self._board), np.float32)
        rewards[rows] = has_line(self._board[rows] == side[:, None])
        return rewards

    def _side(self) -> npt.NDArray[np.int8]:
        # Of a game that is over, it no longer changes: the number of stones does not.
        return np.where((self._board != 0).sum(axis=1) % 2 == 0, 1, -1).astype(np.int8)


class TicTacToe:
    """Tic-tac-toe as a kind of game (a Game)."""

    spec: GameSpec = SPEC

    def start(self, games: int, random: np.random.Generator) -> TicTacToeBatch:  # noqa: ARG002
        """New games; nothing of them is drawn."""
        return TicTacToeBatch(games)
