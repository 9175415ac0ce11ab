"""Logistic regression of shares in [0, 1], and Platt scaling with it."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from components.playlist_simulation.observation import Floats
from components.user_model_training.metrics import Doubles

# A slope outside would say that the logits are of no use; a handful of rows may say so by chance.
_SLOPES = (0.1, 3.0)
# Offsets beyond are as good as certainty.
_FURTHEST = 50.0


def fit_shares(columns: Doubles, shares: Floats) -> LogisticRegression | None:
    """Logistic regression on columns [n, d] of shares [n]; None where all shares are 0, or all are 1.

    A row counts as completed and as not, by its share.
    """
    weights = np.concatenate([shares, 1.0 - shares])
    answers = np.repeat([1, 0], len(shares))
    counted = weights > 0
    if len(np.unique(answers[counted])) < 2:
        return None
    twice = np.concatenate([columns, columns])
    return LogisticRegression(max_iter=300).fit(twice[counted], answers[counted], weights[counted])


def fit_line(logits: Floats, shares: Floats) -> tuple[float, float]:
    """Slope and offset that make logits [n] fit shares [n] best (Platt 1999); 1 and 0 where all are alike.

    The slope stays within limits; at one of them, the offset makes the mean right.
    """
    found = fit_shares(logits[:, None].astype(np.float64), shares)
    if found is None:
        return 1.0, 0.0
    slope = float(np.clip(found.coef_[0, 0], *_SLOPES))
    if slope == found.coef_[0, 0]:
        return slope, float(found.intercept_[0])
    scaled, mean = slope * logits.astype(np.float64), float(shares.mean())
    furthest = _FURTHEST + float(np.abs(scaled).max())
    return slope, float(brentq(lambda offset: expit(scaled + offset).mean() - mean, -furthest, furthest))
