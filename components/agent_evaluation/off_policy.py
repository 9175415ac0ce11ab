"""What policies would earn per track, estimated from a log with propensities.

The quantity is one step ahead: the mean response to the next track at the states that the log visited, had
the policy chosen it. It is no estimate of whole sessions: those would need the product of a session's
weights, whose variance makes such an estimate worthless at the lengths of listening sessions.

    IPS     sum(w r) / tracks                               Horvitz & Thompson 1952
    SNIPS   sum(w r) / sum(w)                               Swaminathan & Joachims 2015
    DR      sum(E_policy[q] + w (r - q(chosen))) / tracks   Dudik, Langford & Li 2011
    DM      sum(E_policy[q]) / tracks, the user model's predictions q alone

w is the policy's probability of the logged track over the log's, cut off at a limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from components.agent_evaluation.intervals import Array, Bootstrap, Interval
from components.agent_evaluation.logged_states import logged_episodes, replay
from components.agent_evaluation.policies import choice_probabilities
from components.agent_evaluation.user_model_memory import UserModelMemory
from components.playlist_simulation.listeners import Listeners, UserModel
from components.playlist_simulation.observation import Floats, Ints
from components.playlist_simulation.policy import Policy
from components.playlist_simulation.session_features import Catalogue
from components.session_ingest.session_log import SessionLog


@dataclass(frozen=True)
class Estimates:
    """One policy's value per track at logged states.

    Attributes:
        ips, snips, dr, dm: The estimates, with intervals.
        effective: Effective sample size, sum(w)^2 / sum(w^2), in tracks.
        clipped: Share of tracks whose weight was cut off.
        matched: Share of tracks with a weight above 0.
        truth: The true value at the same states, where the listeners' minds can be read.
    """

    ips: Interval
    snips: Interval
    dr: Interval
    dm: Interval
    effective: float
    clipped: float
    matched: float
    truth: Interval | None


@dataclass(frozen=True)
class Refused:
    """Why there are no off-policy estimates."""

    reason: str


@dataclass(frozen=True)
class OffPolicy:
    """Estimates of policies by name, and what the log's own policy earned on the same tracks."""

    estimates: Mapping[str, Estimates]
    logged: Interval
    sessions: int
    tracks: int


class _Sums:
    """Sums per session over its tracks: name to float64 [n]."""

    def __init__(self, sessions: int) -> None:
        self._sessions = sessions
        self._sums: dict[str, Array] = {}

    def add(self, name: str, values: Floats, rows: Ints) -> None:
        total = self._sums.setdefault(name, np.zeros(self._sessions))
        total[rows] += values[rows]

    def __getitem__(self, name: str) -> Array:
        return self._sums[name]


def refusal(log: SessionLog) -> Refused | None:
    """Why a log does not allow off-policy estimates; None where it does."""
    if not log.facts.propensities:
        return Refused(
            "the log has no propensities: how likely the logging policy chose each track is not known, so "
            "its choices cannot be re-weighted"
        )
    if log.offered is None:
        return Refused(
            "the log does not say which tracks could have been played, so what a policy would have chosen "
            "is not known"
        )
    return None


def off_policy(
    log: SessionLog,
    sessions: Ints,
    catalogue: Catalogue,
    policies: Sequence[Policy],
    model: UserModel,
    weight_limit: float,
    bootstrap: Bootstrap,
    truth: Listeners | None = None,
) -> OffPolicy | Refused:
    """Estimates every policy's value.

    Args:
        log: With propensities and offers.
        sessions: int64 [n] rows that nothing was trained on.
        catalogue: Of the log.
        policies: Told apart by their names.
        model: Regression of the doubly robust estimate.
        weight_limit: Weights above are cut off, which trades variance for bias.
        bootstrap: Over n sessions.
        truth: The world's listeners, for n sessions; they hear what was logged.

    Returns:
        Refused, with the reason, where the log lacks what the estimates need.
    """
    if why := refusal(log):
        return why
    episodes = logged_episodes(log, sessions)
    rows = np.arange(len(sessions))
    shared = _Sums(len(sessions))
    sums = {policy.name: _Sums(len(sessions)) for policy in policies}
    memory = UserModelMemory(model)
    for number, step in enumerate(replay(log, episodes, catalogue)):
        seen, picks, active = step.seen, step.picks, np.flatnonzero(step.active)
        if number == 0:
            memory.begin(rows, seen)
            if truth is not None:
                truth.begin(rows, episodes)
            for policy in policies:
                policy.begin(rows, seen)
        predicted = memory.probabilities(seen)
        true = None if truth is None else truth.probabilities(seen)
        shared.add("tracks", np.ones(len(rows), np.float32), active)
        shared.add("response", step.responses, active)
        for policy in policies:
            chances, own = choice_probabilities(policy, seen), sums[policy.name]
            raw = chances[rows, picks] / step.propensity
            weights = np.minimum(raw, weight_limit)
            direct = (chances * predicted).sum(axis=1)
            own.add("weight", weights, active)
            own.add("squared", weights**2, active)
            own.add("weighted", weights * step.responses, active)
            own.add("direct", direct, active)
            own.add("robust", direct + weights * (step.responses - predicted[rows, picks]), active)
            own.add("clipped", (raw > weight_limit).astype(np.float32), active)
            own.add("matched", (raw > 0).astype(np.float32), active)
            if true is not None:
                own.add("truth", (chances * true).sum(axis=1), active)
            policy.heard(seen, picks, step.responses)
        memory.heard(seen, picks, step.responses)
        if truth is not None:
            # Responses of the world are 0 or 1: these random numbers make the listeners answer as logged.
            uniforms = np.stack([np.where(step.responses >= 0.5, 0.0, 1.0), np.ones(len(rows))], axis=1)
            truth.listen(seen, picks, uniforms.astype(np.float32))
    tracks = shared["tracks"]
    return OffPolicy(
        estimates={name: _estimates(own, tracks, bootstrap, truth is not None) for name, own in sums.items()},
        logged=bootstrap.ratio(shared["response"], tracks),
        sessions=len(sessions),
        tracks=int(tracks.sum()),
    )


def _estimates(own: _Sums, tracks: Array, bootstrap: Bootstrap, truth: bool) -> Estimates:
    squared, total = own["squared"].sum(), tracks.sum()
    return Estimates(
        ips=bootstrap.ratio(own["weighted"], tracks),
        snips=bootstrap.ratio(own["weighted"], own["weight"]),
        dr=bootstrap.ratio(own["robust"], tracks),
        dm=bootstrap.ratio(own["direct"], tracks),
        effective=float(own["weight"].sum() ** 2 / squared) if squared else 0.0,
        clipped=float(own["clipped"].sum() / total),
        matched=float(own["matched"].sum() / total),
        truth=bootstrap.ratio(own["truth"], tracks) if truth else None,
    )
