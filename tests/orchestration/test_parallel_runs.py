"""Two runs at once in one home folder, two steps at once in one run."""

import json


def test_two_runs_on_a_fresh_home(noria):
    # With delivery: both find no MLflow file, and both want one.
    runs = [
        noria.start("run", "toy", "--set", f"numbers.count={count}", NORIA_TRACKING="") for count in (3, 4)
    ]
    for process in runs:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    lines = noria.json("runs")
    assert {line["state"] for line in lines} == {"succeeded"}
    assert {line["metrics"]["numbers_sum"] for line in lines} == {3, 6}
    assert noria.executions() == {"COMPLETE": 8}
    assert all(noria.json("show", line["id"])["mlflow_delivered"] for line in lines)


def test_the_same_run_twice_at_once(noria):
    runs = [noria.start("run", "toy") for _ in range(3)]
    for process in runs:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert {line["metrics"]["total_sum"] for line in noria.json("runs")} == {50}


def test_independent_steps_work_side_by_side(noria):
    sleep = ("--set", "square.trouble.sleep=1", "--set", "double.trouble.sleep=1")
    run = noria.json("run", "toy", *sleep)["id"]
    journal = (noria.home / "runs" / run / "journal.jsonl").read_text().splitlines()
    order = [(event["step"], event["state"]) for event in map(json.loads, journal) if event["kind"] == "step"]
    first_end = min(order.index(("square", "succeeded")), order.index(("double", "succeeded")))
    assert order.index(("square", "running")) < first_end
    assert order.index(("double", "running")) < first_end
