"""Pictures that reports share."""

from __future__ import annotations

from components.pictures import bars, learning_curve

PANELS = {"cross_entropy": "cross-entropy", "accuracy": "accuracy"}


def test_a_picture_that_depends_on_nothing_else() -> None:
    history = [
        {"accuracy": 0.5, "valid_accuracy": 0.4, "cross_entropy": 2.0, "valid_cross_entropy": 2.1},
        {"accuracy": 0.7, "valid_accuracy": 0.6, "cross_entropy": 1.0},
    ]
    picture = learning_curve(history, 1, PANELS)
    assert picture.startswith(b"\x89PNG")
    assert picture == learning_curve(history, 1, PANELS)
    assert picture != learning_curve(history, 0, PANELS)
    assert picture != learning_curve(history, 1, {"accuracy": "accuracy"})
    beside = learning_curve(history, 1, PANELS, references={"accuracy": {"majority": 0.4}})
    assert beside != picture != learning_curve(history, 1, PANELS, [10, 20])


def test_bars_do_not_depend_on_the_order_they_come_in() -> None:
    assert bars({"a": 1.0, "b": -2.0}, "x") == bars({"b": -2.0, "a": 1.0}, "x") != bars({"a": 1.0}, "x")
