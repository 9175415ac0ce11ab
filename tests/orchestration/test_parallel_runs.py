"""Two runs at once in one home folder, two steps at once in one run."""


def test_two_runs_on_a_fresh_home(noria):
    # With delivery: both find no MLflow file, and both want one.
    runs = [
        noria.start("run", "toy", "--set", f"numbers.count={count}", NORIA_TRACKING="") for count in (3, 4)
    ]
    for process in runs:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    lines = noria.json("runs")
    assert {line["state"] for line in lines} == {"succeeded"}
    assert {line["metrics"]["numbers_sum"] for line in lines} == {3, 6}
    assert noria.executions() == {"COMPLETE": 8}
    assert all(noria.json("show", line["id"])["mlflow_delivered"] for line in lines)


def test_the_same_run_twice_at_once(noria):
    runs = [noria.start("run", "toy") for _ in range(3)]
    for process in runs:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    assert {line["metrics"]["total_sum"] for line in noria.json("runs")} == {50}


def test_independent_steps_work_side_by_side(noria, eventually, tmp_path):
    go = tmp_path / "go"
    process = noria.start(
        "run", "toy", *(f"--set={step}.trouble.until={go}" for step in ("square", "double"))
    )

    def working():
        logs = [*noria.home.glob("runs/*/logs/square.log"), *noria.home.glob("runs/*/logs/double.log")]
        return sum("working on" in log.read_text() for log in logs) == 2

    eventually(working, lambda: f"one of them waits for the other: {process.poll()}")
    go.touch()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
