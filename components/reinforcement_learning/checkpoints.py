"""Checkpoints of a training: everything that it goes on from, in one file that is replaced as a whole."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.board_games.game import Floats
from noria.errors import DataError
from noria.files import replacing
from noria.home import Home

_FILE = "checkpoint.npz"


@dataclass
class Progress:
    """How far a training is.

    Attributes:
        updates: Updates made; rounds where a training counts those.
        state: What ``Learner.state`` gave after them; of agent_training its memory, too.
        generator: State of numpy's generator, as ``bit_generator.state``.
        history: One entry per evaluation: its metrics and ``update``.
        best: Position in ``history`` of the best one, -1 before the first.
        best_state: ``Learner.state`` (agent_training: the policy) of the best one.
    """

    updates: int
    state: list[Floats]
    generator: dict[str, Any]
    history: list[dict[str, float]]
    best: int
    best_state: list[Floats]


def checkpoint_folder(step: str, digest: str) -> Path:
    """Where a step keeps its checkpoints, by digest of its configuration and code.

    A step's outputs are thrown away when it fails, so they cannot hold what a later attempt goes on from. The
    folder is ``NORIA_CHECKPOINTS``, by default in the home folder. In a pod that ends with the pod: a target
    whose attempts shall go on names a volume there.
    """
    kept = os.environ.get("NORIA_CHECKPOINTS")
    root = Path(kept) if kept else Home.find().root / "checkpoints"
    return root / step / digest[:32]


def save_checkpoint(folder: Path, progress: Progress) -> None:
    """Replaces the checkpoint of ``folder``."""
    facts = {
        "updates": progress.updates,
        "generator": progress.generator,
        "history": progress.history,
        "best": progress.best,
        "arrays": len(progress.state),
    }
    arrays = [*progress.state, *progress.best_state]
    with replacing(folder / _FILE) as temporary, temporary.open("wb") as file:
        named = {f"array_{i}": array for i, array in enumerate(arrays)}
        np.savez(file, facts=np.array(json.dumps(facts)), **named)


def load_checkpoint(folder: Path) -> Progress | None:
    """The checkpoint of ``folder``; None where there is none.

    Raises:
        DataError: The file cannot be read.
    """
    path = folder / _FILE
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            facts = json.loads(str(file["facts"]))
            arrays = [file[f"array_{i}"] for i in range(len(file.files) - 1)]
        count = facts["arrays"]
        return Progress(
            updates=facts["updates"],
            state=arrays[:count],
            generator=facts["generator"],
            history=facts["history"],
            best=facts["best"],
            best_state=arrays[count:],
        )
    except Exception as error:
        # A zip file that is cut off or altered raises whatever its reader stumbles over.
        raise DataError(
            f"checkpoint {path} cannot be read: {error}", hint="delete it; training then starts over"
        ) from error


def drop_checkpoint(folder: Path) -> None:
    """Removes the checkpoint of a training that is finished."""
    (folder / _FILE).unlink(missing_ok=True)
