"""Policies that agents are set beside: none of them knows the truth, none looks ahead."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from components.agent_evaluation.user_model_memory import UserModelMemory
from components.playlist_simulation.listeners import UserModel
from components.playlist_simulation.observation import Bools, Floats, Ints, Observation, ObservationSpec
from components.playlist_simulation.policy import Policy
from components.session_ingest.session_log import SessionLog

# What likeness to the last tracks takes off, in deviations. Chosen once for all logs, tuned on none.
DIVERSITY = 0.5
# User models answer with probabilities; log odds of 0 and 1 would be infinite.
_SMALLEST = 1e-6


class StochasticPolicy(Policy):
    """Draws a candidate with known probabilities, which off-policy estimates need.

    The random numbers start anew where all sessions begin: the same play gives the same choices.
    """

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self._seed = seed
        self._generator = np.random.default_rng(seed)

    def begin(self, rows: Ints, seen: Observation) -> None:
        """See Policy."""
        if len(rows) == len(seen.state):
            self._generator = np.random.default_rng(self._seed)

    def probabilities(self, seen: Observation) -> Floats:
        """float32 [n, C], 0 where the mask forbids; rows sum to 1."""
        raise NotImplementedError

    def scores(self, seen: Observation) -> Floats:
        """Log probability and Gumbel noise, so that the best score is a draw."""
        chances = self.probabilities(seen)
        logs = np.log(chances, out=np.full(chances.shape, -np.inf, np.float32), where=chances > 0)
        scores: Floats = (logs + self._generator.gumbel(size=logs.shape)).astype(np.float32)
        return scores


class RandomPolicy(StochasticPolicy):
    """Every candidate that the mask allows is as likely as any other."""

    def __init__(self, seed: int, name: str = "random") -> None:
        super().__init__(name, seed)

    def probabilities(self, seen: Observation) -> Floats:
        """See StochasticPolicy."""
        return uniform(seen.mask)


class PopularityPolicy(Policy):
    """The candidate that most listeners complete."""

    name = "popularity"

    def __init__(self, spec: ObservationSpec) -> None:
        self._column = spec.candidate.index("popularity")

    def scores(self, seen: Observation) -> Floats:
        """See Policy."""
        return seen.candidates[..., self._column]


class TastePolicy(Policy):
    """The candidate most like what the user liked before, and what everybody likes in this context.

    Taste, likeness to the last tracks and popularity are each standardised over the candidates on offer.

    Args:
        name: For tables.
        spec: Of the observations.
        contexts: float32 [K, D] of ``context_profiles``.
        diversity: Weight that takes off likeness to the last tracks.
        popularity: Weight of popularity.
    """

    def __init__(
        self,
        name: str,
        spec: ObservationSpec,
        contexts: Floats,
        diversity: float = 0.0,
        popularity: float = 0.0,
    ) -> None:
        self.name = name
        self._profile, self._recent, self._popularity = (
            spec.candidate.index(column) for column in ("match_profile", "match_recent", "popularity")
        )
        self._contexts = contexts
        depth = contexts.shape[1]
        self._context = slice(depth, depth + len(contexts))
        self._weights = {self._recent: -diversity, self._popularity: popularity}

    def scores(self, seen: Observation) -> Floats:
        """See Policy."""
        liked_here = seen.state[:, self._context] @ self._contexts
        matches = seen.candidates[..., : liked_here.shape[1]] @ liked_here[..., None]
        scores = standardised(seen.candidates[..., self._profile] + matches[..., 0], seen.mask)
        for column, weight in self._weights.items():
            if weight:
                scores += weight * standardised(seen.candidates[..., column], seen.mask)
        return scores


class GreedyPolicy(Policy):
    """The candidate that a user model thinks is likeliest to be completed."""

    def __init__(self, model: UserModel, name: str = "") -> None:
        self.name = name or f"greedy_{model.name}"
        self._memory = UserModelMemory(model)

    def begin(self, rows: Ints, seen: Observation) -> None:
        """See Policy."""
        self._memory.begin(rows, seen)

    def scores(self, seen: Observation) -> Floats:
        """See Policy."""
        return self._memory.probabilities(seen)

    def heard(self, seen: Observation, picks: Ints, responses: Floats) -> None:
        """See Policy."""
        self._memory.heard(seen, picks, responses)


class ModelDraw(StochasticPolicy):
    """Chance around a user model: uniform in a share of choices, else the odds of being completed decide.

    Args:
        name: For tables.
        model: The user model.
        seed: Of the draws.
        uniform_share: Of choices that are uniform at random.
        greedy: Whether the others take the likeliest candidate; else one is drawn in proportion to its odds
            (a softmax of the log odds).
    """

    def __init__(
        self, name: str, model: UserModel, seed: int, uniform_share: float = 0.0, greedy: bool = False
    ) -> None:
        super().__init__(name, seed)
        self._memory = UserModelMemory(model)
        self._share, self._greedy = uniform_share, greedy

    def begin(self, rows: Ints, seen: Observation) -> None:
        """See Policy."""
        super().begin(rows, seen)
        self._memory.begin(rows, seen)

    def probabilities(self, seen: Observation) -> Floats:
        """See StochasticPolicy."""
        completes = self._memory.probabilities(seen)
        if self._greedy:
            chances = best_only(completes, seen.mask)
        else:
            odds = np.where(seen.mask, np.exp(log_odds(completes)), 0.0)
            chances = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
        mixed: Floats = self._share * uniform(seen.mask) + (1.0 - self._share) * chances
        return mixed.astype(np.float32)

    def heard(self, seen: Observation, picks: Ints, responses: Floats) -> None:
        """See Policy."""
        self._memory.heard(seen, picks, responses)


def choice_probabilities(policy: Policy, seen: Observation) -> Floats:
    """How likely a policy chooses each candidate: float32 [n, C]."""
    if isinstance(policy, StochasticPolicy):
        return policy.probabilities(seen)
    return best_only(policy.scores(seen), seen.mask)


def uniform(mask: Bools) -> Floats:
    """Equal probabilities [n, C] of what the mask allows."""
    chances: Floats = (mask / mask.sum(axis=1, keepdims=True)).astype(np.float32)
    return chances


def best_only(scores: Floats, mask: Bools) -> Floats:
    """All probability [n, C] on the best allowed score; of equal ones on the first."""
    best = np.where(mask, scores, -np.inf).argmax(axis=1)
    chances: Floats = (np.arange(scores.shape[1]) == best[:, None]).astype(np.float32)
    return chances


def standardised(values: Floats, mask: Bools) -> Floats:
    """Values [n, C] with mean 0 and deviation 1 over a row's allowed candidates; 0 where all are equal."""
    count = mask.sum(axis=1, keepdims=True)
    centred = values - np.where(mask, values, 0.0).sum(axis=1, keepdims=True) / count
    deviation = np.sqrt(np.where(mask, centred**2, 0.0).sum(axis=1, keepdims=True) / count)
    scaled: Floats = np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > 1e-6)
    return scaled.astype(np.float32)


def log_odds(probabilities: Floats) -> npt.NDArray[np.float64]:
    """Log odds, finite."""
    inside = np.clip(probabilities.astype(np.float64), _SMALLEST, 1.0 - _SMALLEST)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def context_profiles(log: SessionLog) -> Floats:
    """What training sessions liked in each context: float32 [K, D], made as SessionLog.profile is."""
    sessions = log.sessions("train")
    session = np.repeat(np.arange(len(log.session_user)), log.length)
    rows = np.isin(session, sessions)
    liking = log.response[rows] - log.response[rows].mean()
    context = log.session_context[session[rows]]
    contexts = len(log.facts.contexts)
    sums = np.zeros((contexts, log.features.shape[1]))
    np.add.at(sums, context, liking[:, None] * log.features[log.item[rows]])
    tracks = np.bincount(context, minlength=contexts)
    profiles: Floats = (sums / (tracks[:, None] + 10.0)).astype(np.float32)
    return profiles
