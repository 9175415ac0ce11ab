"""What ``noria runs`` shows of a run's metrics."""

from orchestration.metric_tables import MetricTable, beside_baselines, headline, metric_tables


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


def test_what_a_pipeline_names_comes_first():
    metrics = {"test_accuracy": 0.7, "baseline_majority_accuracy": 0.1, "size": 3.0}
    assert headline(metrics, 3, ["absent", "size", "test_accuracy"]) == ["size", "test_accuracy"]
    assert headline(metrics, 3, ["absent"]) == ["test_accuracy", "size"]


def test_without_baselines_the_names_are_sorted():
    assert headline({"b": 1.0, "a": 2.0, "c": 3.0}, 2) == ["a", "b"]
    assert headline({}, 3) == []


def test_models_stand_beside_baselines():
    metrics = {
        "test_accuracy": 0.7,
        "baseline_majority_accuracy": 0.1,
        "champion_test_accuracy": 0.6,
        "rows": 5,
        # Not on test data.
        "valid_accuracy": 0.8,
    }
    (table,) = beside_baselines(metrics)
    rows = {"model": {"accuracy": 0.7}, "champion": {"accuracy": 0.6}, "baseline majority": {"accuracy": 0.1}}
    assert table == MetricTable("on test data", rows, ["accuracy"])
    assert list(table.rows) == ["model", "champion", "baseline majority"]
    assert metrics == {"rows": 5, "valid_accuracy": 0.8}


def test_a_measure_is_the_longest_that_models_and_baselines_share():
    metrics = {"test_world_return": 7.0, "agent_ah_dqn_world_return": 6.9, "dqn_return": 5.0}
    metrics |= {"baseline_random_world_return": 4.0, "mean_return": 3.0}
    (table,) = beside_baselines(metrics)
    assert table.measures == ["world_return"]
    assert set(table.rows) == {"model", "agent ah dqn", "baseline random"}
    assert metrics == {"dqn_return": 5.0, "mean_return": 3.0}


def test_a_table_that_would_be_too_wide_is_cut_by_models():
    metrics = {f"forest_m{i}": 1.0 for i in range(6)} | {f"network_n{i}": 2.0 for i in range(6)}
    metrics |= {f"baseline_random_m{i}": 0.0 for i in range(6)} | {
        f"baseline_zero_n{i}": 0.0 for i in range(6)
    }
    first, second = beside_baselines(metrics)
    assert list(first.rows) == ["forest", "baseline random"]
    assert second.measures == [f"n{i}" for i in range(6)]
    assert not metrics


def test_formats_and_devices_have_a_row_each():
    metrics = {
        "device_agreement": 1.0,
        "device_cortex-a53_agreement": 0.9,
        "device_cortex-a53_instructions": 7.0,
        "device_max_difference": 0.1,
        "tflite_bytes": 3.0,
        "tflite_format_int8_bytes": 3.0,
        "tflite_format_int8_dynamic_bytes": 4.0,
        "tflite_format_int8_dynamic_task_metric": 0.5,
    }
    tables, rest = metric_tables(metrics)
    formats = {"int8": {"bytes": 3.0}, "int8_dynamic": {"bytes": 4.0, "task_metric": 0.5}}
    assert tables == [
        MetricTable("format", formats, ["bytes", "task_metric"]),
        MetricTable(
            "device", {"cortex-a53": {"agreement": 0.9, "instructions": 7.0}}, ["agreement", "instructions"]
        ),
    ]
    assert list(rest) == ["device_agreement", "device_max_difference", "tflite_bytes"]
    assert len(metrics) == 8
