"""Budget of parameters and standardisation."""

from __future__ import annotations

import numpy as np
import pytest

from components.spectral_training.networks import build_classifier, layer_width
from noria.errors import ConfigError


@pytest.mark.parametrize(("inputs", "hidden_layers"), [(140, 2), (784, 2), (784, 1), (10, 4)])
def test_width_uses_the_budget_and_keeps_within_it(inputs: int, hidden_layers: int) -> None:
    width = layer_width(inputs, 10, hidden_layers, 60_000)
    statistics = (np.zeros(inputs, np.float32), np.ones(inputs, np.float32))
    sizes = [
        build_classifier(statistics, 10, hidden_layers, w, 0.0).count_params() for w in (width, width + 1)
    ]
    assert sizes[0] <= 60_000 < sizes[1]


def test_without_hidden_layers_it_is_linear() -> None:
    assert layer_width(5, 3, 0, 18) == 0


@pytest.mark.parametrize(("hidden_layers", "budget"), [(0, 17), (2, 10)])
def test_too_small_a_budget_is_refused(hidden_layers: int, budget: int) -> None:
    with pytest.raises(ConfigError, match="too few for 5 inputs"):
        layer_width(5, 3, hidden_layers, budget)


def test_inputs_are_standardised() -> None:
    mean, deviation = np.array([1.0, -2.0], np.float32), np.array([2.0, 0.5], np.float32)
    model = build_classifier((mean, deviation), 2, 0, 0, 0.0)
    model.layers[-1].set_weights([np.eye(2), np.zeros(2)])
    assert model(np.array([[3.0, -2.5]], np.float32)).numpy() == pytest.approx(np.array([[1.0, -1.0]]))
