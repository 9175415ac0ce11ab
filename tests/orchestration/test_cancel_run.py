"""Cancelling a run, from outside and with Ctrl-C."""

import os
import signal

import pytest


def start(noria, eventually, *more):
    process = noria.start("run", "toy", "--set", "square.trouble.sleep=300", *more)
    working = "working on"
    eventually(
        lambda: any(working in path.read_text() for path in noria.home.glob("runs/*/logs/square.log")),
        lambda: f"square never started: {process.poll()}",
    )
    return process


@pytest.mark.parametrize("stubborn", [False, True])
def test_cancel(noria, eventually, stubborn):
    more = ("--set", "square.trouble.stubborn=true", "--set", "square.trouble.children=1") if stubborn else ()
    process = start(noria, eventually, *more)
    assert "cancelled" in noria("cancel", "last").stdout
    process.communicate(timeout=120)
    assert process.returncode == 130
    details = noria.json("show", "last")
    assert details["state"] == "cancelled"
    assert {step["name"]: step["state"] for step in details["steps"]}["square"] == "cancelled"
    assert "RUNNING" not in noria.executions()
    assert noria.executions()["CANCELED"] >= 1
    assert not list(noria.home.glob("artifacts/toy/square/squares/*"))
    assert "not running" in noria("cancel", "last", status=2).stderr


def test_ctrl_c(noria, eventually):
    process = start(noria, eventually)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in output
    assert "--resume" in output


def test_cannot_resume_what_runs(noria, eventually):
    process = start(noria, eventually)
    assert "still running" in noria("run", "toy", "--resume", "last", status=2).stderr
    noria("cancel", "last")
    process.communicate(timeout=120)
