"""What ``noria runs`` shows of a run's metrics."""

from cli.metric_names import headline


def test_what_stands_beside_baselines_comes_first():
    metrics = {
        "anomalies": 0.0,
        "baseline_moving_average_28d_wape": 0.08,
        "forest_wape": 0.07,
        "network_wape": 0.075,
        "rows_read": 10.0,
    }
    assert headline(metrics, 3) == ["forest_wape", "network_wape", "anomalies"]
    assert headline(metrics, 1) == ["forest_wape"]


def test_test_metrics_come_before_other_models():
    metrics = {"valid_accuracy": 0.8, "test_accuracy": 0.7, "baseline_majority_accuracy": 0.1}
    assert headline(metrics, 2) == ["test_accuracy", "valid_accuracy"]


def test_without_baselines_the_names_are_sorted():
    assert headline({"b": 1.0, "a": 2.0, "c": 3.0}, 2) == ["a", "b"]
    assert headline({}, 3) == []
