"""In which order axes are transformed and shards are moved; plain Python, without TensorFlow.

A transform along an axis needs the whole axis on each device. So a schedule alternates transforms of local
axes with moves: an all-to-all shuffle that spreads another axis over a mesh dimension instead. In 2D that is
the row-column method, in 3D slabs (mesh of one dimension) or pencils (two).
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from noria.errors import ConfigError

Order = Literal["natural", "transposed"]


@dataclass(frozen=True)
class Kind:
    """A kind of transform: ``axes`` last axes, forwards or back, of complex or real fields."""

    name: str
    axes: int
    inverse: bool
    real: bool


def _kind(name: str) -> Kind:
    axes = int(name[-2]) if name.endswith("d") else 1
    return Kind(name, axes, "ifft" in name or "irfft" in name, "rfft" in name)


KINDS = {
    name: _kind(name)
    for suffix in ("", "2d", "3d")
    for name in ("fft" + suffix, "ifft" + suffix, "rfft" + suffix, "irfft" + suffix)
}


@dataclass(frozen=True)
class Transform:
    """Transform along an axis that is local."""

    axis: int


@dataclass(frozen=True)
class Move:
    """A shuffle: mesh dimension ``dimension`` shards ``axis`` from now on."""

    dimension: int
    axis: int


Step = Transform | Move
_State = tuple[tuple[int, ...], frozenset[int]]


def schedule(
    kind: Kind,
    shape: Sequence[int],
    sharded_axes: Sequence[int],
    mesh: Sequence[int],
    *,
    order: Order = "natural",
    home_axes: Sequence[int] = (),
    length: int = 0,
) -> list[Step]:
    """The steps that send the fewest elements (Dijkstra's search over at most a few dozen states).

    Args:
        kind: The transform.
        shape: The field's shape before it.
        sharded_axes: The axis that each mesh dimension shards at first.
        mesh: Sizes of the mesh's dimensions.
        order: "natural" ends in ``home_axes``, "transposed" wherever the transform ends.
        home_axes: Sharded axes of the natural order.
        length: Of irfft*: the true size of the result's last axis.

    Raises:
        ConfigError: No axis is free to move shards to.
    """
    rank = len(shape)
    first = (tuple(sharded_axes), frozenset(range(rank - kind.axes, rank)))
    counter = itertools.count()
    queue: list[tuple[float, int, _State, list[Step]]] = [(0.0, next(counter), first, [])]
    seen: set[_State] = set()
    while queue:
        cost, _, state, steps = heapq.heappop(queue)
        axes, todo = state
        home = all(a == b for a, b, by in zip(axes, home_axes or axes, mesh, strict=True) if by > 1)
        if not todo and (order == "transposed" or home):
            return steps
        if state in seen:
            continue
        seen.add(state)
        sizes = _sizes(kind, shape, todo, length)
        for step, more, after in _next(kind, sizes, state, mesh):
            heapq.heappush(queue, (cost + more, next(counter), after, [*steps, step]))
    raise ConfigError(
        f"{kind.name} of a field with {rank} axes on a mesh of {len(mesh)} dimensions: while an axis is "
        "transformed no other axis is free to be spread",
        hint="use a mesh of fewer dimensions, or a batch axis in front; a single 1D signal needs one device",
    )


def _sizes(kind: Kind, shape: Sequence[int], todo: frozenset[int], length: int) -> list[int]:
    sizes = list(shape)
    last = len(shape) - 1
    if kind.real and last not in todo:
        sizes[last] = length if kind.inverse else shape[last] // 2 + 1
    return sizes


def _next(
    kind: Kind, sizes: list[int], state: _State, mesh: Sequence[int]
) -> Iterator[tuple[Step, float, _State]]:
    axes, todo = state
    last = len(sizes) - 1
    spread = {axis: by for axis, by in zip(axes, mesh, strict=True) if by > 1}
    for axis in sorted(todo, reverse=True):
        # The half spectrum is made first and undone last: on its other side the field is real.
        alone = axis == last if not kind.inverse else axis != last or len(todo) == 1
        blocked = kind.real and last in todo and not alone
        if axis not in spread and not blocked:
            yield Transform(axis), 0.0, (axes, todo - {axis})
    for dimension, by in enumerate(mesh):
        if by == 1:
            continue
        for axis in reversed(range(len(sizes))):
            if axis not in spread:
                moved = (*axes[:dimension], axis, *axes[dimension + 1 :])
                held = [math.ceil(n / spread.get(a, 1)) * spread.get(a, 1) for a, n in enumerate(sizes)]
                held[axis] = math.ceil(sizes[axis] / by) * by
                yield Move(dimension, axis), float(math.prod(held)), (moved, todo)
