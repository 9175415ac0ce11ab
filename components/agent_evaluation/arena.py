"""One environment in which policies are compared: all of them play the same sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from components import tracking
from components.agent_evaluation.intervals import Bootstrap, Interval
from components.agent_evaluation.truth_policies import TruthPolicy
from components.playlist_simulation.config import SimulationConfig
from components.playlist_simulation.episode_tracker import EpisodeTracker
from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.listeners import Listeners
from components.playlist_simulation.observation import Floats, Ints
from components.playlist_simulation.play import play_sessions
from components.playlist_simulation.policy import Policy
from components.playlist_simulation.session_features import Catalogue

ArenaName = Literal["world", "simulated"]
# heuristic: chooses without looking ahead and without the truth. truth: knows the world, bounds the others.
Kind = Literal["heuristic", "truth", "agent", "model", "champion"]


@dataclass(frozen=True)
class Entrant:
    """Who plays.

    Attributes:
        policy: Told apart by its name.
        kind: See Kind.
        agent: Of an agent, what agent_training called it; empty otherwise.
    """

    policy: Policy
    kind: Kind
    agent: str = ""

    @property
    def name(self) -> str:
        """The policy's."""
        return self.policy.name


@dataclass(frozen=True)
class Standing:
    """What one policy reached in n sessions.

    Attributes:
        returns: float32 [n], sums of responses.
        lengths: int64 [n], tracks heard.
        completed: int64 [n], tracks heard whose response counts as completed.
        responses: float32 [n, L] by position, NaN behind the end.
    """

    returns: Floats
    lengths: Ints
    completed: Ints
    responses: Floats


@dataclass(frozen=True)
class Summary:
    """A policy's numbers with their intervals.

    Attributes:
        returns: Mean return per session.
        satisfaction: Share of the tracks heard that were completed.
        length: Mean tracks per session.
        gain: Mean return above the reference's, of paired sessions.
    """

    returns: Interval
    satisfaction: Interval
    length: Interval
    gain: Interval


@dataclass(frozen=True)
class Arena:
    """An environment.

    Attributes:
        name: ``world``: listeners answer by the truth. ``simulated``: by a learned user model.
        listeners: Makes listeners for a number of sessions.
        catalogue: Of the log.
        config: Its rules.
        completed_at: A response of at least this counts as a completed track.
    """

    name: ArenaName
    listeners: Callable[[int], Listeners]
    catalogue: Catalogue
    config: SimulationConfig
    completed_at: float

    def play(self, policy: Policy, episodes: Episodes, tracker: EpisodeTracker | None = None) -> Standing:
        """Plays every episode once; ``tracker`` is told everything."""
        listeners = self.listeners(len(episodes))
        if isinstance(policy, TruthPolicy):
            policy.attach(listeners)
        played = play_sessions(policy, listeners, episodes, self.catalogue, self.config, tracker)
        # Comparisons with NaN, behind a session's end, are False.
        completed = (played.responses >= self.completed_at).sum(axis=1)
        return Standing(played.returns, played.lengths, completed, played.responses)


@dataclass(frozen=True)
class Ranking:
    """What all policies reached in one environment.

    Attributes:
        arena: The environment.
        entrants: By name.
        standings: By name.
        reference: The heuristic that others are compared with.
        selection: Mean return of each heuristic on the sessions that the reference was chosen on.
        bootstrap: Over the sessions.
    """

    arena: Arena
    entrants: dict[str, Entrant]
    standings: dict[str, Standing]
    reference: str
    selection: dict[str, float]
    bootstrap: Bootstrap

    def gains(self, standing: Standing) -> Floats:
        """Return above the reference's in each session: float32 [n]."""
        return standing.returns - self.standings[self.reference].returns

    def summary(self, standing: Standing) -> Summary:
        """A policy's numbers."""
        return Summary(
            returns=self.bootstrap.mean(standing.returns),
            satisfaction=self.bootstrap.ratio(standing.completed, standing.lengths),
            length=self.bootstrap.mean(standing.lengths),
            gain=self.bootstrap.mean(self.gains(standing)),
        )

    def of(self, kind: Kind) -> list[str]:
        """Names of the entrants of a kind."""
        return [name for name, entrant in self.entrants.items() if entrant.kind == kind]

    def agents(self) -> dict[str, list[str]]:
        """Agent to the names of its seeds' entrants."""
        found: dict[str, list[str]] = {}
        for name in self.of("agent"):
            found.setdefault(self.entrants[name].agent, []).append(name)
        return found

    def agent_summary(self, agent: str) -> Summary:
        """An agent's numbers over all its seeds; intervals tell of other seeds and other sessions."""
        standings = [self.standings[name] for name in self.agents()[agent]]
        over = self.bootstrap.over_seeds
        lengths = np.stack([s.lengths for s in standings])
        return Summary(
            returns=over(np.stack([s.returns for s in standings])),
            satisfaction=self.bootstrap.ratio_over_seeds(np.stack([s.completed for s in standings]), lengths),
            length=over(lengths),
            gain=over(np.stack([self.gains(s) for s in standings])),
        )


def rank(
    arena: Arena,
    entrants: Sequence[Entrant],
    episodes: Episodes,
    selection: Episodes,
    bootstrap: Bootstrap,
) -> Ranking:
    """Lets everybody play.

    Args:
        arena: The environment.
        entrants: Of different names; at least one heuristic.
        episodes: The sessions that count.
        selection: Other sessions, on which the best heuristic, the reference, is chosen: a maximum taken over
            the sessions that count would be too high, and its interval too narrow.
        bootstrap: Over as many sessions as there are episodes.
    """
    candidates = [e for e in entrants if e.kind == "heuristic"]
    total = len(candidates) + len(entrants)
    chosen_on = {}
    for number, entrant in enumerate(candidates):
        chosen_on[entrant.name] = float(arena.play(entrant.policy, selection).returns.mean())
        tracking.progress(number + 1, total, f"policies in the {_PLACES[arena.name]}")
    standings = {}
    for number, entrant in enumerate(entrants, len(candidates)):
        standings[entrant.name] = arena.play(entrant.policy, episodes)
        tracking.progress(number + 1, total, f"policies in the {_PLACES[arena.name]}")
    return Ranking(
        arena=arena,
        entrants={entrant.name: entrant for entrant in entrants},
        standings=standings,
        reference=max(chosen_on, key=lambda name: chosen_on[name]),
        selection=chosen_on,
        bootstrap=bootstrap,
    )


_PLACES: dict[ArenaName, str] = {"world": "true world", "simulated": "simulator"}
