"""A pipeline as a picture: SVG with one box per step and one arrow per artifact, no library, no network."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
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
    """Where everything is: upper left corners of boxes, pairs of boxes that an arrow joins, the page."""

    boxes: dict[str, tuple[int, int]]
    edges: tuple[tuple[str, str], ...]
    width: int
    height: int


def layout(nodes: Sequence[Node]) -> Layout:
    """Columns are how many steps lie before; arrows that a longer way implies are left out."""
    columns = _columns(nodes)
    rows: dict[int, int] = {}
    place: dict[str, tuple[int, int]] = {}
    tallest = max(list(columns.values()).count(c) for c in set(columns.values()))
    for node in nodes:
        column = columns[node.name]
        count = list(columns.values()).count(column)
        row = rows.get(column, 0)
        rows[column] = row + 1
        # Shorter columns stand in the middle of the picture.
        top = (tallest - count) * (HEIGHT + _GAP_Y) // 2
        x = _MARGIN + column * (WIDTH + _GAP_X)
        place[node.name] = (x, _MARGIN + top + row * (HEIGHT + _GAP_Y))
    width = 2 * _MARGIN + (max(columns.values()) + 1) * (WIDTH + _GAP_X) - _GAP_X
    height = 2 * _MARGIN + tallest * (HEIGHT + _GAP_Y) - _GAP_Y
    return Layout(place, tuple(_direct_edges(nodes)), width, height)


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
    parts += [
        f'<path d="{arrow(place[source], place[target])}" marker-end="url(#tip)"/>'
        for source, target in laid.edges
    ]
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


def arrow(source: tuple[int, int], target: tuple[int, int]) -> str:
    """Path data from the right side of one box to the left side of another."""
    x1, y1 = source[0] + WIDTH, source[1] + HEIGHT // 2
    x2, y2 = target[0] - 2, target[1] + HEIGHT // 2
    bend = (x2 - x1) // 2
    return f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}"


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
