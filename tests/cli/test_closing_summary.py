"""What is printed when a run is over."""

import io
import json
import math

from rich.console import Console

from cli.closing_summary import print_gates, print_metrics
from cli.output import print_json


def printed(function, details):
    console = Console(file=io.StringIO(), width=100)
    function(details, console)
    return [line.split() for line in console.file.getvalue().splitlines()]


def test_model_stands_beside_champion_and_baselines():
    metrics = {
        "graph_nodes": 75.0,
        "test_accuracy": 0.8512,
        "test_macro_f1": 0.7,
        "test_accuracy_low": 0.84,
        "baseline_majority_accuracy": 0.115,
        "baseline_majority_macro_f1": 0.01,
        "baseline_linear_own_accuracy": 0.8,
        "champion_test_accuracy": math.nan,
    }
    assert printed(print_metrics, {"metrics": metrics}) == [
        ["on", "test", "data", "accuracy", "macro", "f1"],
        ["model", "0.8512", "0.7"],
        ["champion", "nan", "-"],
        ["baseline", "majority", "0.115", "0.01"],
        ["baseline", "linear", "own", "0.8", "-"],
        ["metric", "value"],
        ["graph_nodes", "75"],
        ["test_accuracy_low", "0.84"],
    ]


def test_several_models_beside_baselines():
    metrics = {
        "forest_wape": 0.07,
        "forest_last_window_wape": 0.12,
        "network_wape": 0.08,
        "baseline_moving_average_28d_wape": 0.09,
        "baseline_moving_average_28d_last_window_wape": 0.13,
        "promoted_sales-forest": 1.0,
    }
    assert printed(print_metrics, {"metrics": metrics}) == [
        ["on", "test", "data", "wape", "last", "window", "wape"],
        ["forest", "0.07", "0.12"],
        ["network", "0.08", "-"],
        ["baseline", "moving", "average", "28d", "0.09", "0.13"],
        ["metric", "value"],
        ["promoted_sales-forest", "1"],
    ]


def test_gates():
    gates = [
        {"name": "test_accuracy", "limit": 0.8, "got": 0.85, "passed": True},
        {"name": "champion", "limit": None, "got": 0.85, "passed": False},
        {"name": "devices", "limit": 1.0, "got": None, "passed": False, "state": "not run"},
    ]
    reason = "Not promoted: [why]."
    promotion = {"registered_model": "toy", "gates": gates, "promoted": False, "reason": reason}
    details = {"promotions": [promotion, {**promotion, "registered_model": "other", "gates": []}]}
    assert printed(print_gates, details) == [
        ["gate", "limit", "got"],
        ["test_accuracy", "0.8", "0.85", "passed"],
        ["champion", "-", "0.85", "not", "passed"],
        ["devices", "1", "-", "not", "run"],
        ["toy:", "Not", "promoted:", "[why]."],
        ["gate", "limit", "got"],
        ["other:", "Not", "promoted:", "[why]."],
    ]


def test_json_has_no_nan(capsys):
    print_json({"a": math.nan, "b": [1.5, math.inf], "c": "x"})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [1.5, None], "c": "x"}
