"""The first levels of a decision tree as a picture.

YDF's own plot is a page that loads its drawing library from a network; this needs none.
"""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from ydf import tree as ydf_tree

from components.pictures import png

_BOX = {"boxstyle": "round,pad=0.35", "facecolor": "#eef3fa", "edgecolor": "#3b6fb6"}
_LEAF = {"boxstyle": "round,pad=0.35", "facecolor": "#f6f0e6", "edgecolor": "#b98a3a"}


def tree_picture(model: Any, number: int = 0, levels: int = 3) -> bytes:
    """PNG of one tree of a forest down to ``levels`` questions; deeper parts are told as node counts.

    The left branch is taken where the question's answer is yes.

    Args:
        model: A YDF forest.
        number: Which tree.
        levels: Questions from the root down.
    """
    columns = [column.name for column in model.data_spec().columns]
    width = 2**levels
    figure = Figure(figsize=(1.9 * width, 1.35 * (levels + 1)), layout="constrained")
    axes = figure.subplots()
    axes.set(xlim=(0, width), ylim=(-levels - 0.5, 0.5))
    axes.axis("off")
    _draw(axes, model.get_tree(number).root, columns, (width / 2, 0.0), width / 4, levels)
    return png(figure)


def _draw(
    axes: Any, node: Any, columns: list[str], at: tuple[float, float], reach: float, levels: int
) -> None:
    x, y = at
    leaf = isinstance(node, ydf_tree.Leaf)
    if not leaf and levels:
        for child, side, answer in ((node.pos_child, -1, "yes"), (node.neg_child, 1, "no")):
            end = (x + side * reach, y - 1.0)
            axes.plot([x, end[0]], [y, end[1]], color="#7a7a7a", linewidth=1, zorder=1)
            axes.text((x + end[0]) / 2, y - 0.5, answer, fontsize=8, ha="center", color="#555555")
            _draw(axes, child, columns, end, reach / 2, levels - 1)
    text = _answer(node) if leaf else _question(node, columns) if levels else f"{_size(node)} nodes"
    axes.text(x, y, text, ha="center", va="center", fontsize=8, zorder=2, bbox=_LEAF if leaf else _BOX)


def _question(node: Any, columns: list[str]) -> str:
    condition = node.condition
    name = columns[condition.attribute]
    if isinstance(condition, ydf_tree.NumericalHigherThanCondition):
        return f"{name}\n≥ {condition.threshold:.4g}?"
    return f"{name}\n({type(condition).__name__.removesuffix('Condition')})?"


def _answer(leaf: Any) -> str:
    return f"{leaf.value.value:+.4g}"


def _size(node: Any) -> int:
    if isinstance(node, ydf_tree.Leaf):
        return 1
    return 1 + _size(node.pos_child) + _size(node.neg_child)
