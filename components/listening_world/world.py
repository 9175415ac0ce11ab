"""The truth of a listening world: what tracks are and what users like, of which a log shows only traces."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from components.listening_world.config import WorldConfig

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Seconds = npt.NDArray[np.float64]

# 2026-01-01 00:00 UTC, the first of the world's days.
FIRST_DAY = 1767225600
DAY = 86400
# Deviation of a track's direction about its genre's, per dimension, before scaling to length 1.
_WITHIN_GENRE = 0.35
# Below 1, a user's taste is mostly that of one or two genres.
_GENRE_MIX = 0.3
# Deviation of the noise on what editors note of a track's appeal and depth.
_EDITORIAL_NOISE = 0.5
# How much the older recommender that made the log is mistaken about tastes (per dimension) and appeal.
_TASTE_ERROR = 0.25
_APPEAL_ERROR = 0.7


class ListeningWorld:
    """Everything that is true in a world; N tracks, M users, K contexts, D dimensions of taste.

    Attributes:
        config: What it was made from; the same configuration gives the same world.
        vectors: float32 [N, D], of length 1: what a track is like.
        appeal: float32 [N]: what everybody likes about it.
        depth: float32 [N]: what a listener keeps of it for the rest of the session.
        features: float32 [N, D + 2]: what is observed of a track: its vector, turned by an unknown rotation
            and noisy, and what editors note of appeal and depth, noisy as well; standardised over tracks.
        feature_names: Their names.
        taste: float32 [M, days, D], of length 1 per day.
        shift: float32 [K, D]: what a context adds to taste.
        believed_taste: float32 [M, D], of length 1: taste of the first day as the recommender that made the
            log knows it; it knows neither drift nor contexts.
        believed_appeal: float32 [N].
    """

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        effects, size = config.effects, config.dimensions
        rng = np.random.default_rng([config.seed, 0])
        genres = _unit(rng.normal(size=(config.genres, size)))
        genre = rng.integers(0, config.genres, config.items)
        vectors = _unit(genres[genre] + _WITHIN_GENRE * rng.normal(size=(config.items, size)))
        appeal, other = rng.normal(size=(2, config.items))
        together = effects.depth_of_appeal
        depth = together * appeal + np.sqrt(1.0 - together**2) * other

        mix = rng.dirichlet(np.full(config.genres, _GENRE_MIX), size=config.users)
        steps = effects.drift * rng.normal(size=(config.users, config.days, size))
        taste = _unit(_unit(mix @ genres)[:, None] + np.cumsum(steps, axis=1))
        shift = effects.context * rng.normal(size=(len(config.contexts), size))

        rotation = np.linalg.qr(rng.normal(size=(size, size)))[0]
        sound = vectors @ rotation + config.feature_noise * rng.normal(size=vectors.shape)
        notes = np.stack([appeal, depth], axis=1)
        notes += _EDITORIAL_NOISE * rng.normal(size=notes.shape)
        features = np.concatenate([sound, notes], axis=1)
        believed = _unit(taste[:, 0] + _TASTE_ERROR * rng.normal(size=taste[:, 0].shape))

        self.vectors: Floats = vectors.astype(np.float32)
        self.appeal: Floats = appeal.astype(np.float32)
        self.depth: Floats = depth.astype(np.float32)
        self.features: Floats = ((features - features.mean(0)) / features.std(0)).astype(np.float32)
        self.feature_names = (*(f"sound_{i}" for i in range(size)), "noted_appeal", "noted_depth")
        self.taste: Floats = taste.astype(np.float32)
        self.shift: Floats = shift.astype(np.float32)
        self.believed_taste: Floats = believed.astype(np.float32)
        self.believed_appeal: Floats = (appeal + _APPEAL_ERROR * rng.normal(size=appeal.shape)).astype(
            np.float32
        )

    def wish(self, users: Ints, contexts: Ints, starts: Seconds) -> Floats:
        """Taste in context, float32 [n, D], of ``users`` in ``contexts`` at ``starts`` (seconds since 1970).

        Days before the first and after the last have the taste of those.
        """
        day = np.clip((starts - FIRST_DAY) // DAY, 0, self.config.days - 1).astype(np.int64)
        wish: Floats = self.taste[users, day] + self.shift[contexts]
        return wish


def _unit(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    scaled: npt.NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled
