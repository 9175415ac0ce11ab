"""Policies made by hand, each in a TrainedModel folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from components.board_games.game import GameSpec
from components.board_games.games import make_game
from components.board_games.plane_strike import placements
from components.model_card import ModelCard
from components.model_folder import ModelFolder, save_model_folder
from components.saved_model import read_signature

MASK = -30000.0

Scores = Callable[[Any], Any]


def posterior(boards: Any) -> Any:
    """plane_strike: how likely each cell is part of the plane, times a constant; exact in whole numbers."""
    planes, chances = placements()
    cells = tf.constant(planes.astype(np.float32))
    weights = tf.constant(np.rint(chances * 600).astype(np.float32))
    seen = tf.reshape(boards, [-1, cells.shape[1]])
    hits, misses = tf.cast(seen > 0, tf.float32), tf.cast(seen < 0, tf.float32)
    kept = tf.matmul(hits, cells, transpose_b=True) == tf.reduce_sum(hits, axis=1, keepdims=True)
    free = tf.matmul(misses, cells, transpose_b=True) == 0
    return tf.matmul(tf.cast(kept & free, tf.float32) * weights, cells)


def first_empty(boards: Any) -> Any:
    """Any game: the lower a cell's number, the better, whatever the board."""
    size = int(np.prod(boards.shape[1:]))
    return tf.zeros([tf.shape(boards)[0], 1]) - tf.range(size, dtype=tf.float32)


def linear(spec: GameSpec, seed: int = 0) -> Scores:
    """Any game: fixed random weights, which a converter to TFLite takes."""
    random = np.random.default_rng(seed)
    kernel = tf.constant(random.normal(size=(spec.actions, spec.actions)).astype(np.float32))
    bias = tf.constant(random.normal(size=spec.actions).astype(np.float32))
    return lambda boards: tf.matmul(tf.reshape(boards, [-1, spec.actions]), kernel) + bias


def save_policy(
    folder: Path, game: str, scores: Scores, masked: bool = True, facts: dict[str, Any] | None = None
) -> ModelFolder:
    """A TrainedModel folder with the signatures that policy_training gives its models."""
    spec = make_game(game).spec
    module = tf.Module()

    def answer(board: Any) -> dict[str, Any]:
        found = scores(board)
        if masked:
            found = tf.where(tf.reshape(board, [-1, spec.actions]) == 0, found, MASK)
        return {"scores": tf.ensure_shape(found, [board.shape[0], spec.actions])}

    signatures = {
        name: tf.function(
            answer,
            input_signature=[tf.TensorSpec([size, spec.rows, spec.columns], tf.float32, name="board")],
        )
        for name, size in (("serving_default", 1), ("batch", None))
    }
    for name, function in signatures.items():
        setattr(module, name, function)
    saved = folder / "saved_model"
    tf.saved_model.save(module, str(saved), signatures=signatures)
    card = ModelCard(
        name="by_hand",
        task="classification",
        primary_output="scores",
        signature=read_signature(saved),
        facts={"game": game} if facts is None else facts,
    )
    return save_model_folder(folder, card, {"board": positions(game)})


def positions(game: str, games: int = 20, seed: int = 0) -> np.ndarray:
    """float32 [positions, 1, rows, columns] of random play."""
    random = np.random.default_rng(seed)
    batch = make_game(game).start(games, random)
    found = []
    for _ in range(batch.spec.longest):
        going = ~batch.over()
        if not going.any():
            break
        found.append(batch.observe()[going])
        batch.play((random.random(batch.legal().shape) * batch.legal()).argmax(axis=1))
    return np.concatenate(found)[:, None]
