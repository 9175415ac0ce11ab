"""How scores become choices, and how a network plays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from components.playlist_simulation.observation import Bools, Floats, Ints, Observation, ObservationSpec

Scores = Callable[[Observation], Floats]


def compiled_scores(policy: Any, spec: ObservationSpec) -> Scores:
    """A Keras policy as a function from observations to masked scores float32 [n, C]."""
    signature = [tf.TensorSpec([None, *shape], tf.float32) for shape in spec.shapes.values()]
    call = tf.function(lambda *inputs: policy(list(inputs)), input_signature=signature)

    def scores(seen: Observation) -> Floats:
        found: Floats = call(*network_inputs(seen)).numpy()
        return found

    return scores


def network_inputs(seen: Observation) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """State, candidates and mask as float32 tensors."""
    mask = seen.mask.astype(np.float32)
    return tf.constant(seen.state), tf.constant(seen.candidates), tf.constant(mask)


def best(scores: Floats) -> Ints:
    """int64 [n]: the best candidate, of equal ones the first."""
    found: Ints = scores.argmax(axis=1)
    return found


def epsilon_greedy(scores: Floats, mask: Bools, epsilon: float, random: np.random.Generator) -> Ints:
    """int64 [n]: the best candidate, or in a share ``epsilon`` of rows any that is allowed."""
    anything = np.where(mask, random.random(mask.shape), -1.0).argmax(axis=1)
    chosen: Ints = np.where(random.random(len(mask)) < epsilon, anything, best(scores))
    return chosen


def sampled(scores: Floats, random: np.random.Generator) -> Ints:
    """int64 [n]: a draw from the softmax of masked scores, by Gumbel's maximum."""
    noise: npt.NDArray[np.float64] = random.gumbel(size=scores.shape)
    drawn: Ints = (scores + noise).argmax(axis=1)
    return drawn
