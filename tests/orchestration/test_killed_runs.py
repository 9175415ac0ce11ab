"""The whole run killed with -9: seen by the next look, tidied up, and resumed."""

import contextlib
import os
import signal
from pathlib import Path


def start_sleeping(noria, eventually, *more):
    """Starts a run and waits until square sleeps; returns its process and id."""
    process = noria.start("run", "toy", "--set", "square.trouble.sleep=300", *more)
    running = noria.home / "runs"

    def square_works():
        return any((path / "logs" / "square.log").read_text() for path in running.glob("*") if has_log(path))

    eventually(square_works, lambda: f"square never started: {process.poll()}")
    return process, next(running.iterdir()).name


def has_log(path):
    return (path / "logs" / "square.log").exists()


def end(process):
    process.wait(timeout=120)
    process.stdout.close()
    process.stderr.close()


def test_killed_run_is_failed_tidy_and_resumable(noria, eventually):
    children = ("--set", "square.trouble.children=2")
    process, run = start_sleeping(noria, eventually, "--parallel", "1", *children)
    os.kill(process.pid, signal.SIGKILL)
    end(process)
    # Whatever the run had started is gone without anybody looking.
    eventually(lambda: not noria.processes(), lambda: str(noria.processes()))
    details = noria.json("show", run)
    assert details["state"] == "failed"
    assert "without finishing" in details["error"]
    assert f"--resume {run}" in details["error"]
    assert "RUNNING" not in noria.executions()
    assert not list(noria.home.glob("artifacts/toy/square/squares/*"))
    assert [line["state"] for line in noria.json("runs")] == ["failed"]

    resumed = noria.json("run", "toy", "--resume", run, "--set", "square.trouble.sleep=0")
    assert {step["name"]: step["cached"] for step in resumed["steps"]}["numbers"] is True
    assert resumed["state"] == "succeeded"


def step_server(run):
    """The number of the run's step server."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            named = f"NORIA_RUN={run}".encode() in (process / "environ").read_bytes()
            # Its steps, being forks of it, look alike, but do not lead the session.
            command = (process / "cmdline").read_bytes()
            if named and b"step_server" in command and os.getsid(int(process.name)) == int(process.name):
                return int(process.name)
    raise AssertionError("no step server")


def test_run_and_its_step_server_killed_together(noria, eventually):
    process, run = start_sleeping(noria, eventually, "--set", "square.trouble.children=2")
    server = step_server(run)
    os.kill(process.pid, signal.SIGKILL)
    os.kill(server, signal.SIGKILL)
    end(process)
    # The step itself dies with its server, at once; what it had started needs somebody to look.
    eventually(lambda: "step_server" not in str(noria.processes()), lambda: str(noria.processes()))
    assert [line["state"] for line in noria.json("runs")] == ["failed"]
    assert "RUNNING" not in noria.executions()
    assert not noria.processes()


def test_killed_step_server_fails_the_run(noria, eventually):
    process, run = start_sleeping(noria, eventually, "--set", "square.trouble.children=2")
    os.kill(step_server(run), signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "out of memory?" in output
    assert "RUNNING" not in noria.executions()
