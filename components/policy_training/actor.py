"""Plays batches of games with a policy and turns them into rows that a learner takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.board_games.game import Actions, Bools, Floats, Game
from components.board_games.moves import Player
from components.reinforcement_learning.advantages import (
    generalised_advantages,
    mean_advantages,
    returns_ahead,
)

# Boards [n, rows, columns] as GameBatch.observe gives them to masked scores [n, actions].
Policy = Callable[[Floats], Floats]
# Boards to the returns expected by whoever moves [n].
Value = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Moves:
    """Moves that the policy made, over all games.

    Attributes:
        boards: float32 [moves, rows, columns], as the policy saw them.
        actions: int64 [moves].
        advantages: float32 [moves]: by how much the move was better than the baseline.
        returns: float32 [moves]: discounted reward from the move on, from the mover's side; estimated with
            the baseline's own forecasts where ``trace`` is below 1.
        numbers: int64 [moves]: which move of its game it was, from 0.
        score: Mean return of a game's first such move, not discounted.
    """

    boards: Floats
    actions: Actions
    advantages: Floats
    returns: Floats
    numbers: Actions
    score: float

    def __len__(self) -> int:
        return len(self.actions)


def play_games(
    game: Game,
    policy: Policy,
    games: int,
    random: np.random.Generator,
    discount: float = 1.0,
    trace: float = 1.0,
    value: Value | None = None,
    opponents: Mapping[Player, float] | None = None,
    greedy: bool = False,
) -> Moves:
    """Plays games from start to end, all at once, the policy called once per move for all that go on.

    Args:
        game: What to play.
        policy: Whose moves are kept.
        games: How many.
        random: Draws moves and whatever is random in the game.
        discount: Weight of a reward per move ahead.
        trace: See ``generalised_advantages``; without ``value`` it is 1.
        value: The baseline; None: the mean over the batch at the same move.
        opponents: Each plays in its share of the games, in every second one as the first to move; in the rest
            the policy plays both sides. For two-player games only.
        greedy: The best score's cell instead of one drawn from the softmax.
    """
    batch = game.start(games, random)
    playing, side = _seats(games, opponents or {})
    boards, actions, rewards, going, kept = [], [], [], [], []
    for number in range(game.spec.longest):
        active = ~batch.over()
        if not active.any():
            break
        seen = batch.observe()
        own = active & ((side < 0) | (side == number % 2))
        chosen = np.zeros(games, np.int64)
        if own.any():
            chosen[own] = choose(policy(seen[own]), None if greedy else random)
        for index, opponent in enumerate(opponents or {}):
            theirs = active & ~own & (playing == index)
            if theirs.any():
                chosen[theirs] = opponent(seen[theirs], batch.legal()[theirs])
        boards.append(seen)
        actions.append(chosen)
        rewards.append(np.where(active, batch.play(chosen), 0.0).astype(np.float32))
        going.append(active)
        kept.append(own)
    mine = np.stack(kept)
    sign = -1.0 if game.spec.players == 2 else 1.0
    gained, seen = np.stack(rewards), np.stack(boards)
    advantages, returns = _credit(seen, gained, np.stack(going), mine, value, sign * discount, trace)
    numbers = np.broadcast_to(np.arange(len(mine))[:, None], mine.shape)
    return Moves(
        boards=seen[mine],
        actions=np.stack(actions)[mine],
        advantages=advantages[mine],
        returns=returns[mine],
        numbers=numbers[mine],
        score=float(returns_ahead(gained, sign)[mine.argmax(axis=0), np.arange(games)].mean()),
    )


def _credit(
    boards: Floats,
    rewards: Floats,
    going: Bools,
    mine: Bools,
    value: Value | None,
    factor: float,
    trace: float,
) -> tuple[Floats, Floats]:
    """Advantages and returns [moves, games]; ``going``: the game was not over, ``mine``: the policy moved."""
    returns = returns_ahead(rewards, factor)
    if value is None:
        return mean_advantages(returns, mine), returns
    forecasts = np.zeros_like(rewards)
    forecasts[going] = value(boards[going])
    advantages = generalised_advantages(rewards, forecasts, factor, trace)
    return advantages, advantages + forecasts


def choose(scores: Floats, random: np.random.Generator | None) -> Actions:
    """int64 [n]: cells drawn from the softmax of scores [n, actions]; without a generator the best ones."""
    if random is None:
        best: Actions = scores.argmax(axis=1)
        return best
    weights = np.exp(scores.astype(np.float64) - scores.max(axis=1, keepdims=True))
    # Strictly above: a cell of weight 0 has its predecessor's sum and is never the first above.
    sums = weights.cumsum(axis=1)
    drawn: Actions = (sums > random.random((len(scores), 1)) * sums[:, -1:]).argmax(axis=1)
    return drawn


def _seats(
    games: int, opponents: Mapping[Player, float]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    # Which opponent a game has, and which side the policy has there: 0 moves first, -1 = both.
    playing = np.full(games, -1)
    start = 0
    for index, share in enumerate(opponents.values()):
        stop = min(start + round(share * games), games)
        playing[start:stop] = index
        start = stop
    return playing, np.where(playing < 0, -1, np.arange(games) % 2)
