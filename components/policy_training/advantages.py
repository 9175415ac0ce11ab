"""By how much a move was better than expected, and what the value network is to forecast.

Arrays are [moves, games]; rewards are those of whoever moved. ``factor`` is the discount, negative for two
players that move in turn: what the next one wins this one loses.
"""

from __future__ import annotations

import numpy as np

from components.board_games.game import Bools, Floats


def returns_ahead(rewards: Floats, factor: float) -> Floats:
    """Reward of a move plus ``factor`` times the return of the game's next one."""
    return _summed_ahead(rewards, factor)


def generalised_advantages(rewards: Floats, values: Floats, factor: float, trace: float) -> Floats:
    """Generalised advantage estimation (Schulman et al., ICLR 2016).

    Args:
        rewards: 0 after a game's end.
        values: What was forecast before each move, from the mover's side; 0 after a game's end.
        factor: See the module.
        trace: lambda: 1 = the game's outcome minus the forecast, 0 = the next position's forecast decides.
    """
    following = np.concatenate([values[1:], np.zeros_like(values[:1])])
    return _summed_ahead(rewards + np.float32(factor) * following - values, factor * trace)


def mean_advantages(returns: Floats, moved: Bools) -> Floats:
    """Returns minus their mean over the games with ``moved`` at the same move."""
    count = np.maximum(moved.sum(axis=1, keepdims=True), 1).astype(np.float32)
    advantages: Floats = returns - (returns * moved).sum(axis=1, keepdims=True) / count
    return advantages


def _summed_ahead(values: Floats, factor: float) -> Floats:
    sums = values.copy()
    for number in range(len(values) - 2, -1, -1):
        sums[number] += np.float32(factor) * sums[number + 1]
    return sums
