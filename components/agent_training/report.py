"""The report beside the agents: learning curves over seeds, and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from components.agent_training.agents_folder import AgentEntry, AgentsFacts
from components.pictures import png
from noria.files import write_bytes, write_text
from noria.html_report import Page

_COLOURS = ("#3b6fb6", "#e08e2b", "#4c9a5b", "#c0504d", "#7d5ba6", "#7a7a7a")


def learning_curves(agents: Sequence[AgentEntry]) -> bytes:
    """PNG: mean return of each agent over its seeds, and their range, by simulated tracks."""
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.subplots()
    names = list(dict.fromkeys(entry.agent for entry in agents))
    for number, name in enumerate(names):
        curves = [entry.curve for entry in agents if entry.agent == name]
        steps = [point["steps"] for point in curves[0]]
        returns = np.array([[point["return"] for point in curve] for curve in curves])
        colour = _COLOURS[number % len(_COLOURS)]
        axes.plot(steps, returns.mean(axis=0), color=colour, marker=".", label=name)
        axes.fill_between(
            steps, returns.min(axis=0), returns.max(axis=0), color=colour, alpha=0.2, linewidth=0
        )
    axes.set(xlabel="tracks played in the simulator", ylabel="return on validation sessions")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend()
    return png(figure)


def write_report(folder: Path, facts: AgentsFacts, settings: Mapping[str, object]) -> list[Path]:
    """Writes ``report.html`` and ``learning_curves.png``; returns both.

    Args:
        folder: The Agents folder.
        facts: What was trained.
        settings: The configuration.
    """
    picture = learning_curves(facts.agents)
    best = facts.best()
    page = Page("agent_training").paragraph(
        f"Handed on is {best.agent} with seed {best.seed}: the best seed of the agent whose seeds have the "
        f"highest mean return in the simulator (user model {facts.user_model}) on validation sessions. The "
        "same sessions chose each training's weights, so these returns are no test."
    )
    rows = [
        [agent, len(returns), float(np.mean(returns)), min(returns), max(returns)]
        for agent, returns in facts.returns().items()
    ]
    page.table(["agent", "seeds", "mean return", "lowest", "highest"], rows)
    page.section("Course of training").picture(
        picture, "Mean over seeds; the band goes from the lowest to the highest seed"
    )
    page.section("Trainings").table(
        ["agent", "seed", "return", "updates", "CPU seconds"],
        [[e.agent, e.seed, e.simulated_return, e.updates, e.cpu_seconds] for e in facts.agents],
    )
    page.section("Settings").table(["setting", "value"], [[name, str(v)] for name, v in settings.items()])
    write_bytes(folder / "learning_curves.png", picture)
    write_text(folder / "report.html", page.render())
    return [folder / "report.html", folder / "learning_curves.png"]
