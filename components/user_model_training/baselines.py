"""What user models have to beat: popularity, item-kNN, logistic regression; probabilities of completing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from components.playlist_simulation.observation import Floats, Ints
from components.session_ingest.session_log import SessionLog
from components.user_model_training.recalibration import fit_shares
from components.user_model_training.replay import Replay

# Tracks at the mean rate that are added to what is known of an item or a neighbourhood.
_SMOOTHING = 10.0
# Items whose neighbours are looked for at once, and tracks that are scored at once.
_ITEMS_AT_ONCE, _TRACKS_AT_ONCE = 1024, 65536

# Rows to probabilities float32 [T].
Predict = Callable[[Replay], Floats]


def fit_baselines(log: SessionLog, train: Replay, neighbours: int) -> dict[str, Predict]:
    """Baselines by name, fitted on the training rows.

    - ``constant``: the mean response.
    - ``popularity``: the item's smoothed completion rate.
    - ``item_knn``: that, plus how the user answered the most similar items before: neighbourhood residuals
      as in Koren (KDD 2008), similarity by item features, weights by logistic regression.
    - ``logistic``: logistic regression on the state and the track's row.
    """
    mean = float(train.response.mean())
    rates = _item_rates(log, train, mean)
    nearest = NearestItems(log, rates, neighbours)
    return {
        "constant": lambda rows: np.full(len(rows), mean, np.float32),
        "popularity": lambda rows: rates[log.item[rows.track]],
        "item_knn": _logistic(
            lambda rows: np.stack(
                [_log_odds(rates[log.item[rows.track]]), nearest.residuals(rows.track)], axis=1
            ),
            train,
        ),
        "logistic": _logistic(lambda rows: np.concatenate([rows.state, rows.chosen], axis=1), train),
    }


class NearestItems:
    """How users answered items similar to a track, before that track.

    Args:
        log: All sessions; only tracks before the asked one are ever looked at.
        rates: float32 [N] expected response per item.
        neighbours: Similar items per item, itself among them.
    """

    def __init__(self, log: SessionLog, rates: Floats, neighbours: int) -> None:
        self._log = log
        self._items, self._tracks = len(log.features), len(log.item)
        self._similar, self._weight = _neighbours(log.features, min(neighbours, self._items))
        user = np.repeat(log.session_user, log.length)
        # (user, item, track) as one number; tracks of the log are in the order of time.
        keys = (user * self._items + log.item) * (self._tracks + 1) + np.arange(self._tracks)
        order = np.argsort(keys)
        self._user, self._keys = user, keys[order]
        residual = log.response - rates[log.item]
        self._sums = np.concatenate([[0.0], np.cumsum(residual[order], dtype=np.float64)])

    def residuals(self, tracks: Ints) -> Floats:
        """Mean of (response - rate) over the user's earlier tracks of similar items, shrunk: float32 [T]."""
        parts = [
            self._residuals(tracks[start : start + _TRACKS_AT_ONCE])
            for start in range(0, len(tracks), _TRACKS_AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def _residuals(self, tracks: Ints) -> Floats:
        item = self._log.item[tracks]
        start = (self._user[tracks][:, None] * self._items + self._similar[item]) * (self._tracks + 1)
        low, high = np.searchsorted(self._keys, start), np.searchsorted(self._keys, start + tracks[:, None])
        weight = self._weight[item]
        total = (weight * (self._sums[high] - self._sums[low])).sum(axis=1)
        shrunk: Floats = (total / ((weight * (high - low)).sum(axis=1) + 1.0)).astype(np.float32)
        return shrunk


def _neighbours(features: Floats, count: int) -> tuple[Ints, Floats]:
    """Most similar items by cosine [N, count] and their similarities, not below 0."""
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-6)
    similar, weights = [], []
    for start in range(0, len(unit), _ITEMS_AT_ONCE):
        cosine = unit[start : start + _ITEMS_AT_ONCE] @ unit.T
        found = np.argpartition(-cosine, count - 1, axis=1)[:, :count]
        similar.append(found)
        weights.append(np.maximum(np.take_along_axis(cosine, found, axis=1), 0.0))
    return np.concatenate(similar).astype(np.int64), np.concatenate(weights).astype(np.float32)


def _item_rates(log: SessionLog, train: Replay, mean: float) -> Floats:
    items = log.item[train.track]
    count = np.bincount(items, minlength=len(log.features))
    total = np.bincount(items, weights=train.response, minlength=len(log.features))
    rates: Floats = ((total + _SMOOTHING * mean) / (count + _SMOOTHING)).astype(np.float32)
    return rates


def _log_odds(rates: Floats) -> Floats:
    chance = np.clip(rates, 1e-3, 1 - 1e-3)
    odds: Floats = np.log(chance / (1 - chance))
    return odds


def _logistic(columns: Callable[[Replay], Floats], train: Replay) -> Predict:
    """Logistic regression of the response in [0, 1]: a row counts as completed and as not, by share."""
    values = columns(train).astype(np.float64)
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    factor = np.where(deviation > 1e-6, 1.0 / np.maximum(deviation, 1e-6), 0.0)
    model = fit_shares((values - mean) * factor, train.response)
    if model is None:
        constant = float(train.response.mean())
        return lambda rows: np.full(len(rows), constant, np.float32)

    def predict(rows: Replay) -> Floats:
        chance: Floats = model.predict_proba((columns(rows) - mean) * factor)[:, 1].astype(np.float32)
        return chance

    return predict
