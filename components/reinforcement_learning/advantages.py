"""By how much a move was better than expected, and what the value network is to forecast.

Arrays are [moves, games]; rewards are those of whoever moved. ``factor`` is the discount, negative for two
players that move in turn: what the next one wins this one loses. Where rows go on with another episode after
one has ended it is an array, 0 at the last move of each.
"""

from __future__ import annotations

import numpy as np

from components.board_games.game import Bools, Floats


def returns_ahead(rewards: Floats, factor: float | Floats) -> Floats:
    """Reward of a move plus ``factor`` times the return of the game's next one."""
    return _summed_ahead(rewards, factor)


def generalised_advantages(
    rewards: Floats, values: Floats, factor: float | Floats, trace: float, after: Floats | None = None
) -> Floats:
    """Generalised advantage estimation (Schulman et al., ICLR 2016).

    Args:
        rewards: 0 after a game's end.
        values: What was forecast before each move, from the mover's side; 0 after a game's end.
        factor: See the module.
        trace: lambda: 1 = the game's outcome minus the forecast, 0 = the next position's forecast decides.
        after: What is forecast after the last move, [games]; None: 0.
    """
    beyond = np.zeros_like(values[:1]) if after is None else after[None]
    following = np.concatenate([values[1:], beyond])
    factors = _per_move(factor, values)
    return _summed_ahead(rewards + factors * following - values, factors * np.float32(trace))


def mean_advantages(returns: Floats, moved: Bools) -> Floats:
    """Returns minus their mean over the games with ``moved`` at the same move."""
    count = np.maximum(moved.sum(axis=1, keepdims=True), 1).astype(np.float32)
    advantages: Floats = returns - (returns * moved).sum(axis=1, keepdims=True) / count
    return advantages


def _summed_ahead(values: Floats, factor: float | Floats) -> Floats:
    sums = values.copy()
    factors = _per_move(factor, values)
    for number in range(len(values) - 2, -1, -1):
        sums[number] += factors[number] * sums[number + 1]
    return sums


def _per_move(factor: float | Floats, values: Floats) -> Floats:
    return np.broadcast_to(np.asarray(factor, np.float32), values.shape)
