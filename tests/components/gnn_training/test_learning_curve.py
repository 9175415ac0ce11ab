"""Pictures of training."""

from __future__ import annotations

from components.gnn_training.learning_curve import learning_curve


def test_a_picture_that_depends_on_nothing_else() -> None:
    history = [
        {"accuracy": 0.5, "valid_accuracy": 0.4, "cross_entropy": 2.0, "valid_cross_entropy": 2.1},
        {"accuracy": 0.7, "valid_accuracy": 0.6, "cross_entropy": 1.0},
    ]
    picture = learning_curve(history, best_epoch=1)
    assert picture.startswith(b"\x89PNG")
    assert picture == learning_curve(history, best_epoch=1)
    assert picture != learning_curve(history, best_epoch=0)
