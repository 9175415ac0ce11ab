"""Pictures of how policies compare. Each is a PNG as bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from components.agent_evaluation.arena import ArenaName, Ranking, Summary
from components.agent_evaluation.findings import MODEL, compared, response_by_position
from components.agent_evaluation.intervals import Interval
from components.agent_evaluation.off_policy import OffPolicy
from components.pictures import png

COLOURS = {"heuristic": "#7a7a7a", "truth": "#c0504d", "agent": "#3b6fb6", "model": "#e08e2b"}
PLACES: dict[ArenaName, str] = {"world": "in the true world", "simulated": "in the simulator"}
# Lines beside the model's.
_OTHERS = ("#7a7a7a", "#3b6fb6", "#2f8f5b", "#c0504d", "#8064a2", "#1c1c1e")
_KINDS = ("ips", "snips", "dr")


def summaries(ranking: Ranking) -> dict[str, tuple[str, Summary]]:
    """Policy, or agent over its seeds, to its kind and numbers; the best return first."""
    agents = ranking.agents()
    found = {
        name: (ranking.entrants[name].kind, ranking.summary(standing))
        for name, standing in ranking.standings.items()
        if ranking.entrants[name].kind != "agent"
    }
    found |= {
        f"{agent} ({len(seeds)} seeds)": ("agent", ranking.agent_summary(agent))
        for agent, seeds in agents.items()
    }
    return {
        who: (str(kind), summary)
        for who, (kind, summary) in sorted(found.items(), key=lambda item: -item[1][1].returns.value)
    }


def returns_picture(rankings: Mapping[ArenaName, Ranking]) -> bytes:
    """PNG: mean returns with intervals, a panel per environment."""
    tables = {arena: summaries(ranking) for arena, ranking in rankings.items()}
    height = 0.3 * max(len(table) for table in tables.values()) + 1.1
    figure = Figure(figsize=(6.0 * len(tables), height), layout="constrained")
    for axes, (arena, table) in zip(
        figure.subplots(1, len(tables), squeeze=False)[0], tables.items(), strict=True
    ):
        for row, (kind, summary) in enumerate(table.values()):
            _whiskers(axes, summary.returns, row, COLOURS[kind], bar=True)
        axes.set_yticks(range(len(table)), list(table))
        axes.invert_yaxis()
        axes.set(xlabel=f"mean return per session {PLACES[arena]}")
        axes.spines[["top", "right"]].set_visible(False)
    return png(figure)


def scatter_picture(rankings: Mapping[ArenaName, Ranking]) -> bytes:
    """PNG: mean return in the simulator against that in the true world, with intervals."""
    figure = Figure(figsize=(8.4, 5.4), layout="constrained")
    axes = figure.subplots()
    world, simulated = rankings["world"], rankings["simulated"]
    agents = world.agents()
    points = {
        who: tuple(
            (ranking.agent_summary(who) if who in agents else ranking.summary(ranking.standings[who])).returns
            for ranking in (simulated, world)
        )
        for who in compared(rankings)
    }
    best_first = sorted(points.items(), key=lambda point: -point[1][1].value)
    for number, (who, (across, up)) in enumerate(best_first):
        axes.errorbar(
            across.value,
            up.value,
            xerr=_reach(across),
            yerr=_reach(up),
            fmt="s" if who in agents else "o",
            color=f"C{number % 10}",
            # Ten colours, and then the same ones hollow.
            markerfacecolor="white" if number >= 10 else f"C{number % 10}",
            markersize=6,
            linewidth=1,
            label=f"{who} (agent)" if who in agents else who,
        )
    axes.set(xlabel=f"mean return {PLACES['simulated']}", ylabel=f"mean return {PLACES['world']}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), title="best in the world first")
    return png(figure)


def positions_picture(ranking: Ranking, shown: Sequence[str]) -> bytes:
    """PNG: mean response by position of those still there, and how many are."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    responses, present = figure.subplots(1, 2)
    for number, name in enumerate(shown):
        standing = ranking.standings[name]
        at = np.arange(1, standing.responses.shape[1] + 1)
        colour = COLOURS["model"] if name == MODEL else _OTHERS[number % len(_OTHERS)]
        width = 2.2 if name == MODEL else 1.2
        responses.plot(at, response_by_position(standing), color=colour, linewidth=width, label=name)
        share = (standing.lengths[:, None] >= at).mean(axis=0)
        present.plot(at, share, color=colour, linewidth=width, label=name)
    responses.set(xlabel="position in the session", ylabel="mean response of those still there")
    present.set(xlabel="position in the session", ylabel="share of sessions still going", ylim=(0, 1.02))
    for axes in (responses, present):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
    present.legend(fontsize=8)
    return png(figure)


def off_policy_picture(found: OffPolicy, shown: Sequence[str]) -> bytes:
    """PNG: off-policy estimates with intervals, and the truth where it is known."""
    figure = Figure(figsize=(8, 0.5 * len(shown) + 1.2), layout="constrained")
    axes = figure.subplots()
    for row, name in enumerate(shown):
        estimates = found.estimates[name]
        for number, kind in enumerate(_KINDS):
            offset = row + 0.22 * (number - 1)
            _whiskers(axes, getattr(estimates, kind), offset, f"C{number}", bar=False)
        if estimates.truth:
            axes.plot([estimates.truth.value] * 2, [row - 0.4, row + 0.4], color="black", linewidth=1.6)
    for number, kind in enumerate(_KINDS):
        axes.plot([], [], "o-", color=f"C{number}", label=kind.upper())
    if any(found.estimates[name].truth for name in shown):
        axes.plot([], [], color="black", label="truth")
    axes.axvline(found.logged.value, color="#7a7a7a", linestyle="--", linewidth=1, label="as logged")
    axes.set_yticks(range(len(shown)), list(shown))
    axes.invert_yaxis()
    axes.set_xlabel("response to the next track at logged states")
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.spines[["top", "right"]].set_visible(False)
    return png(figure)


def _whiskers(axes: Any, interval: Interval, at: float, colour: str, bar: bool) -> None:
    if bar:
        axes.barh(at, interval.value, color=colour, height=0.7)
    axes.errorbar(
        interval.value,
        at,
        xerr=_reach(interval),
        fmt="none" if bar else "o",
        color="black" if bar else colour,
        markersize=3,
        linewidth=1,
        capsize=2,
    )


def _reach(interval: Interval) -> list[list[float]]:
    """Lengths of an error bar to the left and the right; 0 where the interval is not known."""
    reach = [interval.value - interval.low, interval.high - interval.value]
    return [[max(0.0, float(np.nan_to_num(length)))] for length in reach]
