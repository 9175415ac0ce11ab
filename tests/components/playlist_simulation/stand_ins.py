"""A small session log, users and policies whose behaviour is written down here."""

from __future__ import annotations

import numpy as np

from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.observation import Bools, Floats, Ints, Observation
from components.playlist_simulation.policy import Policy
from components.session_ingest.session_log import SessionFacts, SessionLog


def small_log(
    users: int = 6,
    items: int = 40,
    sessions: int = 60,
    longest: int = 8,
    offered: int | None = 10,
    seed: int = 0,
) -> SessionLog:
    """Random sessions; every third is of the test split, the log's end."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, sessions)
    first = np.concatenate([[0], np.cumsum(lengths)])
    tracks = int(first[-1])
    candidates = None
    if offered is not None:
        candidates = np.stack([rng.choice(items, offered, replace=False) for _ in range(tracks)])
    split = np.zeros(sessions, np.int8)
    split[sessions // 3 : 2 * sessions // 3] = 1
    split[2 * sessions // 3 :] = 2
    return SessionLog(
        facts=SessionFacts(
            features=("a", "b", "c"),
            contexts=("home", "work"),
            longest=longest,
            completed_at=0.5,
            propensities=False,
            candidates=offered is not None,
        ),
        features=rng.normal(size=(items, 3)).astype(np.float32),
        popularity=rng.normal(size=items).astype(np.float32),
        item_ids=np.arange(items).astype(str),
        user_ids=np.arange(users).astype(str),
        session_user=rng.integers(0, users, sessions),
        session_context=rng.integers(0, 2, sessions),
        session_start=np.sort(rng.uniform(0, 1e6, sessions)),
        session_split=split,
        profile=rng.uniform(-1, 1, (sessions, 4)).astype(np.float32),
        first=first,
        item=rng.integers(0, items, tracks) if candidates is None else candidates[:, 0].copy(),
        response=rng.integers(0, 2, tracks).astype(np.float32),
        propensity=np.full(tracks, np.nan, np.float32),
        offered=candidates,
    )


class ScriptedListeners:
    """Complete a track of item i with probability ``chance[i]``, and leave after it with ``leave``."""

    def __init__(self, chance: Floats, leave: float = 0.0) -> None:
        self.chance, self.leave = chance, leave
        self.begun: list[Ints] = []
        self.episodes: list[Episodes] = []
        self.asked: list[tuple[Observation, Ints]] = []

    def begin(self, rows: Ints, episodes: Episodes) -> None:
        self.begun.append(rows)
        self.episodes.append(episodes)

    def probabilities(self, seen: Observation) -> Floats:
        return self.chance[seen.items]

    def listen(self, seen: Observation, picks: Ints, uniforms: Floats) -> tuple[Floats, Bools]:
        self.asked.append((seen, picks))
        items = seen.items[np.arange(len(picks)), picks]
        responses = (uniforms[:, 0] < self.chance[items]).astype(np.float32)
        return responses, uniforms[:, 1] < self.leave


class CountingModel:
    """A user model with a memory of three numbers: tracks heard, the first state's sum, and what it heard."""

    name = "counting"

    def start(self, state: Floats) -> Floats:
        memory = np.zeros((len(state), 3), np.float32)
        memory[:, 1] = state.sum(axis=1)
        return memory

    def complete(self, memory: Floats, state: Floats, candidates: Floats) -> Floats:  # noqa: ARG002
        likely: Floats = 1 / (1 + np.exp(-candidates.sum(axis=2) + 0.1 * memory[:, :1]))
        return likely.astype(np.float32)

    def listen(
        self, memory: Floats, state: Floats, chosen: Floats, responses: Floats
    ) -> tuple[Floats, Floats]:
        later = memory.copy()
        later[:, 0] += 1
        later[:, 2] += state.sum(axis=1) + chosen.sum(axis=1) * (1 + responses)
        return later, np.full(len(memory), 0.1, np.float32)


class FeaturePolicy(Policy):
    """Scores candidates by their observed features, with fixed weights."""

    def __init__(self, seed: int = 0) -> None:
        self.name = f"feature_{seed}"
        self._seed = seed
        self.heard_tracks = 0

    def scores(self, seen: Observation) -> Floats:
        weights = np.random.default_rng(self._seed).normal(size=seen.candidates.shape[2])
        return (seen.candidates * weights).sum(axis=2).astype(np.float32)

    def heard(self, seen: Observation, picks: Ints, responses: Floats) -> None:  # noqa: ARG002
        self.heard_tracks += 1
