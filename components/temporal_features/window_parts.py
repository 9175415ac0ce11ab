"""What statistics of a window are put together from: sums, numbers, extremes, each of which can be moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import temporian as tp

Node = Any
Kind = Literal["sum", "squares", "number", "count", "min", "max"]


def part(values: Node, kind: Kind) -> Node:
    """What ``move`` takes to give a part of a statistic of values, each by itself."""
    if kind == "squares":
        return values * values
    # 1 where there is a value; NaN stays NaN, which sums leave out.
    return values * 0.0 + 1.0 if kind == "number" else values


def move(values: Node, kind: Kind, window: float, sampling: Node) -> Node:
    """The part over (t - window, t] for every t of the sampling: 0 or, for extremes, NaN without values."""
    if kind == "min":
        return values.moving_min(window, sampling=sampling)
    if kind == "max":
        return values.moving_max(window, sampling=sampling)
    return values.moving_sum(window, sampling=sampling)


def combine(op: str, window: Callable[[Kind], Node]) -> Node:
    """moving_sum, _mean, _min, _max or _std (of the population) of the parts that ``window`` gives."""
    simple: dict[str, Kind] = {"moving_sum": "sum", "moving_min": "min", "moving_max": "max"}
    if op in simple:
        return window(simple[op])
    number = no_zero(window("number"))
    mean = window("sum") / number
    if op == "moving_mean":
        return mean
    # Temporian's own deviation is NaN where rounding takes the variance below 0.
    return positive(window("squares") / number - mean * mean) ** 0.5


def no_zero(node: Node) -> Node:
    """The node with NaN for 0: what is divided by it is then missing, not infinite."""
    return node / (node != 0.0).cast(tp.float64)


def positive(node: Node) -> Node:
    """The node with 0 for what lies below."""
    return node * (node > 0.0).cast(tp.float64)
