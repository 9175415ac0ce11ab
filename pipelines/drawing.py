"""A pipeline as a picture: SVG with one box per step and one arrow per artifact, no library, no network."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

WIDTH, HEIGHT = 172, 58
_GAP_X, _GAP_Y = 52, 40
_MARGIN = 20

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1c1c1e; } .what { font-size: 11px; fill: #5a5a66; }
rect { fill: #f4f6fb; stroke: #3b6fb6; stroke-width: 1.2; }
path { fill: none; stroke: #7a8699; stroke-width: 1.3; }
.page { fill: #ffffff; stroke: none; }
"""


#: A step, or where the arrow from one step to another passes a column.
_Place = str | tuple[str, str, int]


@dataclass(frozen=True)
class Node:
    """One step: its id, the steps it waits for, the names of what it makes."""

    name: str
    upstream: tuple[str, ...]
    outputs: tuple[str, ...]


def nodes_of(components: Sequence[Any]) -> list[Node]:
    """The steps of a pipeline's TFX components, in the given order, which must be a topological one."""
    return [
        Node(
            c.id,
            tuple(
                sorted(
                    {u.id for u in c.upstream_nodes}
                    | {channel.producer_component_id for channel in c.inputs.values()}
                )
            ),
            tuple(c.outputs),
        )
        for c in components
    ]


@dataclass(frozen=True)
class Layout:
    """Where everything is: upper left corners of boxes, arrows as path data, the page."""

    boxes: dict[str, tuple[int, int]]
    arrows: tuple[str, ...]
    width: int
    height: int


def layout(nodes: Sequence[Node]) -> Layout:
    """Columns are how many steps lie before; arrows that a longer way implies are left out.

    An arrow that passes a column has a place in it as a box has (Sugiyama et al., 1981), so that it crosses
    no box; within a column places are in the order of what leads to them.
    """
    columns = _columns(nodes)
    ways = [_way(source, target, columns) for source, target in _direct_edges(nodes)]
    places: list[list[_Place]] = [[] for _ in range(max(columns.values()) + 1)]
    for node in nodes:
        places[columns[node.name]].append(node.name)
    for way in ways:
        for column, lane in enumerate(way[1:-1], start=columns[str(way[0])] + 1):
            places[column].append(lane)
    leading: dict[_Place, list[_Place]] = {}
    for place, after in (pair for way in ways for pair in pairwise(way)):
        leading.setdefault(after, []).append(place)
    tallest = max(map(len, places))
    # Centres, in rows from the middle of the picture: shorter columns stand in the middle.
    rows: dict[_Place, float] = {}
    for stacked in places:
        before = {place: [rows[one] for one in leading.get(place, ())] for place in stacked}
        stacked.sort(key=lambda place: sum(before[place]) / max(1, len(before[place])))
        rows |= {place: i - (len(stacked) - 1) / 2 for i, place in enumerate(stacked)}
    corners = {
        place: (
            _MARGIN + at * (WIDTH + _GAP_X),
            _MARGIN + round((rows[place] + (tallest - 1) / 2) * (HEIGHT + _GAP_Y)),
        )
        for at, stacked in enumerate(places)
        for place in stacked
    }
    boxes = {node.name: corners[node.name] for node in nodes}
    arrows = tuple(_arrow([corners[place] for place in way]) for way in ways)
    width = 2 * _MARGIN + len(places) * (WIDTH + _GAP_X) - _GAP_X
    height = 2 * _MARGIN + tallest * (HEIGHT + _GAP_Y) - _GAP_Y
    return Layout(boxes, arrows, width, height)


def draw(nodes: Sequence[Node]) -> str:
    """SVG text of a pipeline's picture."""
    laid = layout(nodes)
    place, width, height = laid.boxes, laid.width, laid.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img">',
        f"<style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0,0 L8,4 L0,8 z" style="fill:#7a8699;stroke:none"/></marker></defs>',
        f'<rect class="page" width="{width}" height="{height}"/>',
    ]
    parts += [f'<path d="{arrow}" marker-end="url(#tip)"/>' for arrow in laid.arrows]
    parts += [_box(node, *place[node.name]) for node in nodes]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _columns(nodes: Sequence[Node]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for node in nodes:
        columns[node.name] = max((columns[name] + 1 for name in node.upstream), default=0)
    return columns


def _direct_edges(nodes: Sequence[Node]) -> list[tuple[str, str]]:
    upstream = {node.name: set(node.upstream) for node in nodes}
    before: dict[str, set[str]] = {}
    for node in nodes:
        before[node.name] = upstream[node.name].union(*(before[name] for name in node.upstream))
    return [
        (source, node.name)
        for node in nodes
        for source in node.upstream
        if not any(source in before[other] for other in upstream[node.name] - {source})
    ]


def _way(source: str, target: str, columns: Mapping[str, int]) -> list[_Place]:
    """The places of an arrow: its two steps, and in each column between them a place of its own."""
    between = [(source, target, column) for column in range(columns[source] + 1, columns[target])]
    return [source, *between, target]


def _arrow(corners: Sequence[tuple[int, int]]) -> str:
    """Path data from the right side of the first place to the left of the last, through those between."""
    middle = HEIGHT // 2
    x, y = corners[0][0] + WIDTH, corners[0][1] + middle
    path = [f"M{x},{y}"]
    for number, (left, top) in enumerate(corners[1:], start=1):
        last = number == len(corners) - 1
        x2, y2 = left - 2 if last else left, top + middle
        bend = (x2 - x) // 2
        path.append(f"C{x + bend},{y} {x2 - bend},{y2} {x2},{y2}")
        if not last:
            path.append(f"H{left + WIDTH}")
        x, y = left + WIDTH, y2
    return " ".join(path)


def _box(node: Node, x: int, y: int) -> str:
    middle = x + WIDTH // 2
    makes = ", ".join(node.outputs)
    room = WIDTH - 14
    # About how wide a sign of the small font is; what is longer is drawn narrower.
    narrow = f' textLength="{room}" lengthAdjust="spacingAndGlyphs"' if 5.6 * len(makes) > room else ""
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f'<text x="{middle}" y="{y + 25}" text-anchor="middle">{html.escape(node.name)}</text>'
        f'<text class="what" x="{middle}" y="{y + 43}" text-anchor="middle"{narrow}>'
        f"{html.escape(makes)}</text>"
    )
