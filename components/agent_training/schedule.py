"""Rates that change over a training, and the check that it has not diverged."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from components.playlist_simulation.observation import Floats
from noria.errors import NoriaError


def falling(first: float, last: float, done: float) -> float:
    """Between the two, by the share that is done."""
    return first + (last - first) * done


def check_losses(losses: Mapping[str, Floats], updates: int, rate: float) -> None:
    """Raises NoriaError where a loss is not a finite number: the weights are of no use then.

    Args:
        losses: Name to the losses [K] of K gradient steps.
        updates: Gradient steps before them.
        rate: Their learning rate.
    """
    broken = ~np.all([np.isfinite(values) for values in losses.values()], axis=0)
    if not broken.any():
        return
    first = int(broken.argmax())
    told = ", ".join(f"{name} {values[first]:g}" for name, values in losses.items())
    raise NoriaError(
        f"diverged in update {updates + first + 1} at learning rate {rate:g}: {told}",
        hint="lower the agent's learning_rate in agent_training.agents",
    )
