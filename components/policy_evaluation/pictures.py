"""Pictures of how a policy plays. Each is a PNG as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from components.board_games.game import Bools, Floats
from components.board_games.moves import choose
from components.board_games.plane_strike import PlaneStrikeBatch
from components.pictures import png
from components.policy_evaluation.policy_model import Policy

_COLUMNS = 4
_PLANE, _CHOSEN, _HIT, _MISS = "#1c1c1e", "#e08e2b", "#c0504d", "#7a7a7a"
_MODEL, _OTHER = "#3b6fb6", "#e08e2b"


@dataclass(frozen=True)
class Strike:
    """One strike of a game: the board before it [rows, columns], the cell, and whether it hit."""

    board: Floats
    action: int
    hit: bool


def strikes_at(policy: Policy, plane: Bools) -> list[Strike]:
    """Plays plane_strike against a plane [rows, columns] until every cell of it is hit."""
    batch = PlaneStrikeBatch(plane.reshape(1, -1))
    strikes: list[Strike] = []
    while not batch.over()[0]:
        board = batch.observe()
        action = choose(policy, batch.spec, board, batch.legal())
        strikes.append(Strike(board[0], int(action[0]), bool(plane.ravel()[action[0]])))
        batch.play(action)
    return strikes


def game_picture(policy: Policy, plane: Bools, moves: int) -> bytes:
    """PNG: what the policy thinks before each of the first ``moves`` strikes at a plane [rows, columns]."""
    strikes = strikes_at(policy, plane)[:moves]
    boards = np.stack([strike.board for strike in strikes])
    figure, panels = _panels(len(strikes))
    for axes, strike, chances, number in zip(
        panels, strikes, policy.probabilities(boards), range(1, len(strikes) + 1), strict=True
    ):
        _heat_map(axes, chances, strike.action, float(chances.max()))
        _outline(axes, plane)
        for value, marker, colour in ((1, "X", _HIT), (-1, "o", _MISS)):
            rows, columns = np.nonzero(strike.board == value)
            axes.scatter(columns, rows, marker=marker, color=colour, s=36)
        axes.set_title(f"strike {number}: {'hit' if strike.hit else 'miss'}", fontsize=10)
    return png(figure)


def positions_picture(policy: Policy, positions: Mapping[str, Floats]) -> bytes:
    """PNG: what the policy thinks of some positions, each [rows, columns] as GameBatch.observe gives them."""
    boards = np.stack(list(positions.values()))
    figure, panels = _panels(len(positions))
    shown = zip(
        panels, positions, boards, policy.probabilities(boards), policy.act(boards).tolist(), strict=True
    )
    for axes, name, board, chances, action in shown:
        _heat_map(axes, chances, action, 1.0)
        for row, column in np.argwhere(board == 0):
            chance = chances[row, column]
            colour = "white" if chance > 0.5 else "black"
            axes.text(column, row, f"{chance:.2f}", ha="center", va="center", fontsize=8, color=colour)
        for value, marker, colour in ((1, "X", _MODEL), (-1, "o", _HIT)):
            rows, columns = np.nonzero(board == value)
            axes.scatter(columns, rows, marker=marker, color=colour, s=160)
        axes.set_title(name, fontsize=10)
    return png(figure)


def strikes_picture(
    strikes: Mapping[str, npt.NDArray[np.int64]], chances: npt.NDArray[np.float64], random: float
) -> bytes:
    """PNG: how likely a game takes how many strikes.

    Args:
        strikes: Player to int64 [placements] strikes.
        chances: float64 [placements] probability of each placement.
        random: Expected strikes of random play.
    """
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.subplots()
    most = max(int(values.max()) for values in strikes.values())
    width = 0.8 / len(strikes)
    for number, (name, values) in enumerate(strikes.items()):
        shares = np.bincount(values, weights=chances, minlength=most + 1)
        offset = (number - (len(strikes) - 1) / 2) * width
        colour = (_MODEL, _OTHER)[number % 2]
        mean = float(values @ chances)
        axes.bar(np.arange(most + 1) + offset, shares, width, color=colour, label=f"{name}, mean {mean:.3f}")
    axes.axvline(random, color="black", linestyle="--", linewidth=1, label=f"random play, mean {random:.2f}")
    axes.set(xlabel="strikes until the plane is sunk", ylabel="share of games")
    axes.set_xlim(left=min(int(values.min()) for values in strikes.values()) - 1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend()
    return png(figure)


def _panels(count: int) -> tuple[Figure, list[Any]]:
    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    figure = Figure(figsize=(2.4 * columns, 2.6 * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axes in panels[count:]:
        axes.set_axis_off()
    return figure, panels[:count]


def _heat_map(axes: Any, chances: npt.NDArray[np.float64], action: int, darkest: float) -> None:
    axes.imshow(chances, cmap="Blues", vmin=0, vmax=darkest)
    row, column = divmod(action, chances.shape[1])
    corner = (column - 0.5, row - 0.5)
    axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=_CHOSEN, linewidth=2.4))
    axes.set(xticks=[], yticks=[])


def _outline(axes: Any, plane: Bools) -> None:
    """Lines between cells of the plane and others."""
    padded = np.pad(plane, 1)
    for row, column in np.argwhere(padded[1:, :] != padded[:-1, :]):
        axes.plot([column - 1.5, column - 0.5], [row - 0.5] * 2, color=_PLANE, linewidth=1.4)
    for row, column in np.argwhere(padded[:, 1:] != padded[:, :-1]):
        axes.plot([column - 0.5] * 2, [row - 1.5, row - 0.5], color=_PLANE, linewidth=1.4)
    # Lines must not make room around the board.
    axes.set(xlim=(-0.5, plane.shape[1] - 0.5), ylim=(plane.shape[0] - 0.5, -0.5))
