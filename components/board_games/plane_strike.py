"""Plane Strike: find the 8 cells of one hidden plane on an 8x8 board with as few strikes as possible.

The rules are those of TensorFlow's example (tensorflow/examples, lite/examples/reinforcement_learning): a
cross of five cells around the core and a tail of three cells behind it, across the heading. Each heading has
probability 1/4 and every core that is allowed for it is equally likely. TensorFlow's generator never puts
the core of a plane that heads up into column 6, though the board has room there: 115 placements, not 120.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from components.board_games.game import Actions, Bools, Floats, GameSpec
from components.board_games.moves import legal_moves

PLANE_CELLS = 8
SPEC = GameSpec(name="plane_strike", rows=8, columns=8, players=1, longest=64)

_CROSS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
# Where it heads as (row, column), and where the core may be: first and last row, first and last column.
_HEADINGS = (
    ((0, 1), (1, 6), (2, 6)),  # right
    ((-1, 0), (1, 5), (1, 5)),  # up: TensorFlow's generator leaves column 6 out
    ((0, -1), (1, 6), (1, 5)),  # left
    ((1, 0), (2, 6), (1, 6)),  # down
)


@cache
def placements() -> tuple[Bools, npt.NDArray[np.float64]]:
    """Every way the plane can lie.

    Returns:
        bool [115, 64], True where the plane is, and float64 [115], their probabilities. Both are read-only.
    """
    boards, probabilities = [], []
    for (down, right), rows, columns in _HEADINGS:
        row, column = (
            axis.ravel()
            for axis in np.meshgrid(
                np.arange(rows[0], rows[1] + 1), np.arange(columns[0], columns[1] + 1), indexing="ij"
            )
        )
        # Two cells behind the core, and beside that one across the heading.
        tail = [(-2 * down + side * right, -2 * right + side * down) for side in (-1, 0, 1)]
        offsets = np.array([*_CROSS, *tail])
        cells = (row[:, None] + offsets[:, 0]) * SPEC.columns + column[:, None] + offsets[:, 1]
        board = np.zeros((len(cells), SPEC.actions), bool)
        np.put_along_axis(board, cells, True, axis=1)
        boards.append(board)
        probabilities.append(np.full(len(cells), 1 / len(_HEADINGS) / len(cells)))
    planes, chances = np.concatenate(boards), np.concatenate(probabilities)
    planes.flags.writeable = chances.flags.writeable = False
    return planes, chances


def hit_probability(observations: Floats) -> npt.NDArray[np.float64]:
    """The posterior probability of every cell to be part of the plane, given hits and misses.

    Args:
        observations: float32 [games, 8, 8]: 1 = hit, -1 = miss, 0 = untried.

    Returns:
        float64 [games, 64]; zeros where no placement agrees with what is observed.
    """
    planes, chances = placements()
    seen = observations.reshape(len(observations), SPEC.actions)
    hits, misses = (seen > 0).astype(np.float64), (seen < 0).astype(np.float64)
    cells = planes.astype(np.float64)
    agrees = (hits @ cells.T == hits.sum(axis=1, keepdims=True)) & (misses @ cells.T == 0)
    # Whole numbers (6 and 5 of 600) make the sums exact, so that equally likely cells compare as equal.
    weights = agrees * np.rint(chances * 600)
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray((weights @ cells) / np.maximum(total, 1))


class PlaneStrikeBatch:
    """Games of Plane Strike against given planes (a GameBatch).

    Args:
        planes: bool [games, 64], e.g. rows of :func:`placements`.
    """

    spec: GameSpec = SPEC

    def __init__(self, planes: Bools) -> None:
        self._planes = np.array(planes, bool)
        self._tried = np.zeros_like(self._planes)

    def observe(self) -> Floats:
        """float32 [games, 8, 8]: 1 = hit, -1 = miss, 0 = untried."""
        seen = np.where(self._planes, np.float32(1), np.float32(-1)) * self._tried
        return np.asarray(seen, np.float32).reshape(-1, SPEC.rows, SPEC.columns)

    def legal(self) -> Bools:
        """bool [games, 64]: untried cells; none of a game that is over."""
        return ~self._tried & ~self.over()[:, None]

    def over(self) -> Bools:
        """bool [games]: every cell of the plane is hit."""
        return np.asarray((self._tried | ~self._planes).all(axis=1))

    def play(self, actions: Actions) -> Floats:
        """Strikes one cell in every game that is not over; see GameBatch."""
        rows, cells = legal_moves(self, actions)
        self._tried[rows, cells] = True
        rewards = np.zeros(len(self._planes), np.float32)
        rewards[rows] = -1
        return rewards


class PlaneStrike:
    """Plane Strike as a kind of game (a Game)."""

    spec: GameSpec = SPEC

    def start(self, games: int, random: np.random.Generator) -> PlaneStrikeBatch:
        """New games whose planes are drawn with their probabilities."""
        planes, chances = placements()
        return PlaneStrikeBatch(planes[random.choice(len(planes), size=games, p=chances)])
