"""What every game offers: its rules over a whole batch of games at once, as numpy arrays.

A position is a row of arrays, never an object per game. Actions are cells, numbered row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Actions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class GameSpec:
    """The sizes of a game.

    Attributes:
        name: plane_strike or tic_tac_toe.
        rows: Rows of the board; ``columns``: its columns; actions are ``rows * columns`` cells.
        columns: See ``rows``.
        players: 1 for a puzzle, 2 where moves alternate.
        longest: No game has more moves.
    """

    name: str
    rows: int
    columns: int
    players: int
    longest: int

    @property
    def actions(self) -> int:
        """Number of cells."""
        return self.rows * self.columns


class GameBatch(Protocol):
    """A batch of games of one kind, all starting together; games that are over stay as they are.

    Attributes:
        spec: The game's sizes.
    """

    spec: GameSpec

    def observe(self) -> Floats:
        """float32 [games, rows, columns] from the side of whoever moves: what it sees of every cell.

        plane_strike: 1 = hit, -1 = miss, 0 = untried. tic_tac_toe: 1 = own, -1 = the other's, 0 = empty.
        """

    def legal(self) -> Bools:
        """bool [games, actions]: untried or empty cells; of a game that is over, none."""

    def over(self) -> Bools:
        """bool [games]."""

    def play(self, actions: Actions) -> Floats:
        """Moves in every game that is not over.

        Args:
            actions: int64 [games]; of games that are over, anything.

        Returns:
            float32 [games] reward of whoever moved. plane_strike: -1 per strike (so a game's return is minus
            its number of strikes). tic_tac_toe: 1 for a win, 0 otherwise; the other side loses as much.

        Raises:
            ValueError: An action is not legal in a game that is not over.
        """


class Game(Protocol):
    """A kind of game.

    Attributes:
        spec: Its sizes.
    """

    spec: GameSpec

    def start(self, games: int, random: np.random.Generator) -> GameBatch:
        """A batch of new games."""
