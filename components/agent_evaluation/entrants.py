"""Who is compared: heuristics, trained agents, and policies that know the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from components.agent_evaluation.arena import Arena, Entrant
from components.agent_evaluation.policies import (
    DIVERSITY,
    GreedyPolicy,
    ModelDraw,
    PopularityPolicy,
    RandomPolicy,
    TastePolicy,
    context_profiles,
)
from components.agent_evaluation.truth_policies import MyopicTruth, Oracle
from components.agent_training.agent_policy import AgentPolicy
from components.agent_training.agents_folder import AgentsFacts
from components.model_folder import ModelFolder
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.listeners import UserModel
from components.playlist_simulation.observation import ObservationSpec
from components.playlist_simulation.policy import Policy
from components.session_ingest.session_log import SessionLog
from noria.errors import DataError


def heuristics(
    log: SessionLog, spec: ObservationSpec, models: Mapping[str, UserModel], chosen: str, seed: int
) -> list[Entrant]:
    """Policies that need no training of their own.

    Args:
        log: What taste in context is learned from (its training split).
        spec: Of the observations.
        models: All user models by name.
        chosen: The one that policies with chance in them use.
        seed: Of that chance.
    """
    contexts, model = context_profiles(log), models[chosen]
    made: list[Policy] = [
        RandomPolicy(seed),
        PopularityPolicy(spec),
        TastePolicy("taste", spec, contexts),
        TastePolicy("diverse_taste", spec, contexts, diversity=DIVERSITY),
        TastePolicy("popular_taste", spec, contexts, popularity=1.0),
        *(GreedyPolicy(each, f"greedy_{name}") for name, each in models.items()),
        ModelDraw("half_random", model, seed + 1, uniform_share=0.5, greedy=True),
        ModelDraw("softmax", model, seed + 2),
    ]
    return [Entrant(policy, "heuristic") for policy in made]


def agents(folder: Path, spec: ObservationSpec) -> list[Entrant]:
    """Every agent and seed of an Agents folder; named ``<agent>/<seed>``.

    Raises:
        DataError: The folder holds no agents, or they were trained on other observations.
    """
    return [
        Entrant(_policy(folder / entry.folder, spec, f"{entry.agent}/{entry.seed}"), "agent", entry.agent)
        for entry in AgentsFacts.load(folder).agents
    ]


def trained(model: ModelFolder, spec: ObservationSpec, kind: Literal["model", "champion"]) -> Entrant:
    """The model that is to be promoted, or the champion; named as its kind.

    Raises:
        DataError: It was trained on other observations.
    """
    return Entrant(_policy(model.path, spec, kind), kind, str(model.card.facts.get("agent", "")))


def truths(
    world: Arena, episodes: Episodes, weights: Sequence[float]
) -> tuple[list[Entrant], dict[float, float]]:
    """Policies that know the world's truth.

    Args:
        world: Its arena.
        episodes: Sessions of the training split, on which the oracle's weight is chosen.
        weights: What it may be.

    Returns:
        The entrants, and the mean return of each weight.
    """
    returns = {w: float(world.play(Oracle(w), episodes).returns.mean(dtype=np.float64)) for w in weights}
    best = max(returns, key=lambda weight: returns[weight])
    return [Entrant(MyopicTruth(), "truth"), Entrant(Oracle(best), "truth")], returns


def _policy(folder: Path, spec: ObservationSpec, name: str) -> Policy:
    card = ModelFolder.load(folder).card
    trained_on: dict[str, list[str]] = card.facts.get("spec") or {"state": [], "candidate": []}
    ours = {"state": spec.state, "candidate": spec.candidate}
    if strange := [key for key, names in ours.items() if tuple(trained_on.get(key, ())) != names]:
        raise DataError(
            f"{card.name} ({folder}) was trained on other observations: the columns of {', '.join(strange)} "
            "are not those of this session log",
            hint="train it on this log",
        )
    got = {key: tensor.shape for key, tensor in card.signature.inputs.items()}
    expected = {key: (1, *shape) for key, shape in spec.shapes.items()}
    if got != expected:
        raise DataError(
            f"{card.name} ({folder}) takes {got}, expected {expected}",
            hint="evaluate it with the simulation.candidates that it was trained with",
        )
    return AgentPolicy(folder, name)
