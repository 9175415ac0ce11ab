"""Steps that fail or are killed, and what is left behind."""

from pathlib import Path

import pytest


def states(details):
    return {step["name"]: step["state"] for step in details["steps"]}


def output_folders(noria):
    return {path.parent.name for path in noria.home.glob("artifacts/toy/*/*/*")}


def test_bad_data_is_a_message_not_a_traceback(noria):
    done = noria("run", "toy", "--set", "square.trouble.fail=data", status=1)
    assert "numbers.csv: 3 of 5 rows are no numbers: 1, 2, 4" in done.stdout
    assert "mend the file" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    details = noria.json("show", "last")
    assert f"noria run toy --resume {details['id']}" in done.stdout
    assert f"noria logs {details['id']} square" in done.stdout
    assert "Traceback" in noria("logs", "last", "square").stdout


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("crash", "ZeroDivisionError: division of everything by zero"),
        ("kill", "signal 9 (SIGKILL); out of memory?"),
        ("exit", "SystemExit: 3"),
    ],
)
def test_failed_step_leaves_nothing_half_done(noria, how, told):
    details = noria.json(
        "run", "toy", "--set", f"numbers.trouble.fail={how}", "--set", "square.factor=3", status=1
    )
    assert details["state"] == "failed"
    assert states(details) == {
        "numbers": "failed",
        "square": "skipped",
        "double": "skipped",
        "total": "skipped",
    }
    assert told in details["steps"][0]["error"]
    assert told in details["error"]
    assert noria.executions() == {"FAILED": 1}
    assert output_folders(noria) == set()


def test_crash_names_the_line_of_the_step(noria):
    details = noria.json("run", "toy", "--set", "numbers.trouble.fail=crash", status=1)
    assert "at work.py:" in details["error"]


def test_failure_ends_the_steps_beside_it(noria):
    details = noria.json(
        *("run", "toy", "--set", "square.trouble.sleep=300", "--set", "square.trouble.children=2"),
        *("--set", "double.trouble.sleep=1", "--set", "double.trouble.fail=kill"),
        status=1,
    )
    assert states(details)["square"] == "cancelled"
    # The square would have slept longer.
    assert details["seconds"] < 290
    assert noria.executions() == {"COMPLETE": 1, "FAILED": 1, "CANCELED": 1}
    assert output_folders(noria) == {"numbers"}


def test_resume_continues_from_the_last_finished_step(noria, tmp_path):
    mended = tmp_path / "mended"
    failed = noria.json(
        *("run", "toy", "--set", "total.trouble.fail=crash", "--set", f"total.trouble.unless={mended}"),
        *("--set", "square.factor=3", "--no-cache"),
        status=1,
    )
    mended.touch()
    resumed = noria.json("run", "toy", "--resume", failed["id"][:3])
    assert resumed["resumed_from"] == failed["id"]
    assert {s["name"]: s["cached"] for s in resumed["steps"]} == {
        "numbers": True,
        "square": True,
        "double": True,
        "total": False,
    }
    assert resumed["metrics"]["square_sum"] == 90


def test_resume_with_another_setting(noria):
    first = noria.json(
        "run", "toy", "--set", "square.factor=3", "--set", "double.trouble.fail=data", status=1
    )
    second = noria.json("run", "toy", "--resume", first["id"], "--set", "double.trouble.fail=''")
    assert second["metrics"]["square_sum"] == 90


def test_error_is_kept_in_the_metadata(noria):
    noria.json("run", "toy", "--set", "numbers.trouble.fail=data", status=1)
    text = (noria.home / "metadata.sqlite").read_bytes()
    assert b"3 of 5 rows are no numbers" in text


def test_check_refuses_before_anything_is_written(noria, tmp_path):
    done = noria("run", "toy", "--set", f"numbers.source={tmp_path / 'none'}", status=2)
    assert "there is no file" in done.stderr
    assert not Path(noria.home / "runs").exists()


@pytest.mark.parametrize(("fail", "status"), [("", 0), ("kill", 1)])
def test_temporary_files_go_with_the_run(noria, tmp_path, fail, status):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    noria("run", "toy", "--set", f"square.trouble.fail='{fail}'", status=status, TMPDIR=str(temporary))
    assert list(temporary.iterdir()) == []
