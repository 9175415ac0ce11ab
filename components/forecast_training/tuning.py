"""Random search for a forest's hyper-parameters (Bergstra and Bengio, JMLR 2012), with a budget."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from components import tracking
from components.forecast_training.config import (
    ForecastTrainingConfig,
    ForestConfig,
    GbtConfig,
    RfConfig,
    TuningConfig,
)
from components.forecast_training.forests import KINDS, Kind, fit_forest, predict_forest
from components.forecast_training.training_rows import Rows, weighted_error

Settings = GbtConfig | RfConfig
Trial = tuple[Settings, float]

_GBT = {
    "trees": (200, 300, 500),
    "depth": (4, 5, 6, 8),
    "shrinkage": (0.02, 0.03, 0.05, 0.1),
    "subsample": (0.3, 0.5, 0.8),
    "attributes": (0.3, 0.6, 1.0),
    "min_examples": (5, 10, 20, 50),
}
_RF = {
    "depth": (8, 12, 16, 24),
    "attributes": (0.2, 0.33, 0.6, 1.0),
    "bootstrap": (0.3, 0.6, 1.0),
    "min_examples": (2, 5, 10, 20),
}


def tune(
    config: ForecastTrainingConfig, head: Rows, tail: Rows, names: tuple[str, ...]
) -> tuple[ForestConfig, dict[Kind, float]]:
    """The best settings found per kind of forest, with their WAPE on the tail.

    The configured settings are the first trial, so the result is never worse than they are on the tail.

    Args:
        config: Where the search starts, and its budget.
        head: Rows to fit on.
        tail: Later rows to judge by, all before the first test window.
        names: Feature names.
    """
    started = time.monotonic()
    best: dict[Kind, Trial] = {}
    for kind in KINDS:

        def error(settings: Settings) -> float:
            model = fit_forest(settings, head, names, config)
            return weighted_error(tail, predict_forest(model, tail.features, names))

        start = config.forest.gbt if kind == "gbt" else config.forest.rf
        best[kind] = _search(kind, start, error, config.forest.tuning, config.seed, started)
        tracking.metric(f"{kind}_validation_wape", best[kind][1])
    chosen = config.forest.model_copy(update={kind: settings for kind, (settings, _) in best.items()})
    return chosen, {kind: wape for kind, (_, wape) in best.items()}


def _search(
    kind: Kind,
    start: Settings,
    error: Callable[[Settings], float],
    budget: TuningConfig,
    seed: int,
    started: float,
) -> Trial:
    random = np.random.default_rng([seed, KINDS.index(kind)])
    space = _GBT if kind == "gbt" else _RF
    best = (start, error(start))
    # Each kind of forest has its half of the time.
    deadline = started + budget.seconds * (KINDS.index(kind) + 1) / len(KINDS)
    for number in range(budget.trials):
        if time.monotonic() > deadline:
            break
        drawn = {name: values[random.integers(len(values))] for name, values in space.items()}
        settings = start.model_copy(update=drawn)
        if (wape := error(settings)) < best[1]:
            best = (settings, wape)
        tracking.progress(number + 1, budget.trials, f"{kind} trials")
    return best
