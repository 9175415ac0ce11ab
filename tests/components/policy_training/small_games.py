"""Two games whose best play is known: a bandit of one move, and a chain of cells that hide their value."""

from __future__ import annotations

import numpy as np

from components.board_games.game import Actions, Bools, Floats, GameSpec


class Bandit:
    """One move on a row of four cells; cell 2 pays 1, the others 0."""

    spec = GameSpec(name="bandit", rows=1, columns=4, players=1, longest=1)

    def start(self, games: int, random: np.random.Generator) -> BanditBatch:  # noqa: ARG002
        return BanditBatch(games)


class BanditBatch:
    spec = Bandit.spec

    def __init__(self, games: int) -> None:
        self.board = np.zeros((games, 4), np.float32)

    def observe(self) -> Floats:
        return self.board.reshape(-1, 1, 4).copy()

    def legal(self) -> Bools:
        return (self.board == 0) & ~self.over()[:, None]

    def over(self) -> Bools:
        return (self.board != 0).any(axis=1)

    def play(self, actions: Actions) -> Floats:
        assert self.legal()[np.arange(len(actions)), actions].all()
        self.board[np.arange(len(actions)), actions] = 1
        return (actions == 2).astype(np.float32)


class Chain:
    """Cells 0 to 3 in this order end the game; every strike costs 1, and one out of order brings nothing.

    Two more cells are never of use. Best play: 4 strikes. What a strike brings shows at the end only, so an
    agent has to give its earlier moves the credit. A cell struck too early is spoilt (-1) and must be left:
    the game then goes on until the board is full.
    """

    spec = GameSpec(name="chain", rows=2, columns=3, players=1, longest=6)

    def start(self, games: int, random: np.random.Generator) -> ChainBatch:  # noqa: ARG002
        return ChainBatch(games)


class ChainBatch:
    spec = Chain.spec

    def __init__(self, games: int) -> None:
        self.board = np.zeros((games, 6), np.float32)

    def observe(self) -> Floats:
        return self.board.reshape(-1, 2, 3).copy()

    def legal(self) -> Bools:
        return (self.board == 0) & ~self.over()[:, None]

    def over(self) -> Bools:
        return (self.board[:, :4] == 1).all(axis=1) | (self.board != 0).all(axis=1)

    def play(self, actions: Actions) -> Floats:
        going = np.flatnonzero(~self.over())
        cells = actions[going]
        assert (self.board[going, cells] == 0).all()
        due = (self.board[going, :4] == 1).sum(axis=1)
        self.board[going, cells] = np.where(cells == due, 1, -1)
        rewards = np.zeros(len(actions), np.float32)
        rewards[going] = -1
        return rewards
