"""Writes the policy as a TrainedModel folder with positions from its own play."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from components.board_games.exact import reachable_positions
from components.board_games.game import Floats, Game, GameSpec
from components.model_card import SIGNATURE_KEY, ModelCard, Signature, TensorSpec
from components.model_folder import CALIBRATION_SAMPLES, save_model_folder
from components.policy_training.actor import Policy, play_games
from components.policy_training.objectives import argmax_player
from components.signature_contract import write_function_type

INPUT, OUTPUT, BATCH = "board", "scores", "batch"
# Enough that nearly every placement of plane_strike is among them.
_GAMES = 1024


def save_policy(
    folder: Path,
    policy: Any,
    spec: GameSpec,
    positions: Floats,
    calibration: Floats,
    facts: Mapping[str, Any],
) -> None:
    """Saves a policy with two signatures: ``serving_default`` takes one board, ``batch`` any number.

    Args:
        folder: The TrainedModel folder.
        policy: Keras model, see ``build_policy``.
        spec: Its game.
        positions: float32 [n, rows, columns] examples.
        calibration: float32 [n, rows, columns] other positions, to quantize and to choose a format by; n
            may be 0.
        facts: For the card.
    """
    module = tf.Module()
    module.policy = policy

    def signature(boards: int | None) -> Any:
        def run(board: tf.Tensor) -> dict[str, tf.Tensor]:
            return {OUTPUT: tf.ensure_shape(module.policy(board), [boards, spec.actions])}

        shape = tf.TensorSpec([boards, spec.rows, spec.columns], tf.float32, name=INPUT)
        return tf.function(run).get_concrete_function(board=shape)

    signatures = {SIGNATURE_KEY: signature(1), BATCH: signature(None)}
    tf.saved_model.save(module, str(folder / "saved_model"), signatures=signatures)
    card = ModelCard(
        name=f"{spec.name}_policy",
        keras=2,
        task="classification",
        primary_output=OUTPUT,
        signature=Signature(
            inputs={INPUT: TensorSpec(shape=(1, spec.rows, spec.columns), dtype="float32")},
            outputs={OUTPUT: TensorSpec(shape=(1, spec.actions), dtype="float32")},
        ),
        facts={"game": spec.name, "parameters": policy.count_params(), **facts},
    )
    write_function_type(folder, signatures[SIGNATURE_KEY])
    # No labels: nobody tells a policy the right move.
    others = {INPUT: calibration[:, None]} if len(calibration) else None
    save_model_folder(folder, card, {INPUT: positions[:, None]}, calibration=others)


def played_positions(game: Game, policy: Policy, limit: int, seed: int) -> Floats:
    """Positions in which the policy moves when it plays its best scores: float32 [n, rows, columns].

    Of two-player tic-tac-toe all that an opponent can bring about, else those met in many games. No two are
    alike; of more than ``limit``, so many evenly chosen ones, from early in a game to late.
    """
    if game.spec.name == "tic_tac_toe":
        boards = reachable_positions(argmax_player(policy))
    else:
        played = play_games(game, policy, _GAMES, np.random.default_rng(seed), greedy=True)
        boards = np.unique(played.boards, axis=0)
        boards = boards[np.argsort(np.abs(boards).sum(axis=(1, 2)), kind="stable")]
    chosen = np.unique(np.linspace(0, len(boards) - 1, limit).astype(np.int64))
    picked: Floats = boards[chosen]
    return picked


def training_positions(game: Game, policy: Policy, but: Floats, seed: int) -> Floats:
    """Positions of play as in training, where moves are drawn from the softmax, without those of ``but``.

    Returns:
        float32 [n, rows, columns], no two alike; n is 0 where such play leads to nothing else.
    """
    played = play_games(game, policy, _GAMES, np.random.default_rng(seed)).boards
    boards, first = np.unique(np.concatenate([but, played]), axis=0, return_index=True)
    left = boards[first >= len(but)]
    chosen = np.random.default_rng(seed).permutation(len(left))[:CALIBRATION_SAMPLES]
    picked: Floats = left[np.sort(chosen)]
    return picked
