"""Decision forests (YDF): gradient-boosted trees with squared error, and a random forest."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import ydf

from components.forecast_training.config import ForecastTrainingConfig, GbtConfig, RfConfig
from components.forecast_training.training_rows import Matrix, Rows

Kind = Literal["gbt", "rf"]
KINDS: tuple[Kind, ...] = ("gbt", "rf")
_TARGET, _WEIGHT = "__target__", "__weight__"
# Which of YDF's importances is told: 1 / (1 + mean depth at which a feature is met first).
IMPORTANCE = "INV_MEAN_MIN_DEPTH"


def fit_forest(
    settings: GbtConfig | RfConfig, rows: Rows, names: tuple[str, ...], config: ForecastTrainingConfig
) -> Any:
    """Grows a forest on every row given; the same rows and settings give the same forest.

    Args:
        settings: Hyper-parameters; their type says which kind of forest.
        rows: Training rows. A missing value counts as the feature's mean (YDF's global imputation).
        names: Feature names, in the order of the columns.
        config: Seed and threads.

    Returns:
        The YDF model.
    """
    columns = {**columns_of(rows.features, names), _TARGET: rows.target, _WEIGHT: rows.weight}
    common = {
        "label": _TARGET,
        "weights": _WEIGHT,
        "task": ydf.Task.REGRESSION,
        "features": [ydf.Column(name, ydf.Semantic.NUMERICAL) for name in names],
        "num_trees": settings.trees,
        "max_depth": settings.depth,
        "min_examples": settings.min_examples,
        "num_candidate_attributes_ratio": settings.attributes,
        "random_seed": config.seed,
        "num_threads": config.threads,
    }
    if isinstance(settings, GbtConfig):
        learner = ydf.GradientBoostedTreesLearner(
            **common,
            loss="SQUARED_ERROR",
            shrinkage=settings.shrinkage,
            subsample=settings.subsample,
            # YDF would hold out random rows; the number of trees is configured instead.
            validation_ratio=0.0,
            early_stopping="NONE",
        )
    else:
        learner = ydf.RandomForestLearner(
            **common,
            bootstrap_size_ratio=settings.bootstrap,
            # Out-of-bag rows overlap in time with those in the bag, so what they say is too good.
            compute_oob_performances=False,
        )
    return learner.train(columns, verbose=0)


def predict_forest(model: Any, features: Matrix, names: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """float32 [rows]: forecasts relative to the scale."""
    predicted: npt.NDArray[np.float32] = model.predict(columns_of(features, names))
    return predicted


def columns_of(features: Matrix, names: tuple[str, ...]) -> dict[str, npt.NDArray[np.float32]]:
    """A matrix [rows, features] as YDF takes it: a column per feature name."""
    return {name: np.ascontiguousarray(features[:, i]) for i, name in enumerate(names)}


def importances(model: Any, names: tuple[str, ...]) -> dict[str, float]:
    """``IMPORTANCE`` of every feature; 0 for one that no tree uses."""
    found = {name: float(value) for value, name in model.variable_importances()[IMPORTANCE]}
    return {name: found.get(name, 0.0) for name in names}
