"""Processes of steps, without a runner around them."""

import os
import signal
import time
from pathlib import Path

import pytest

from components.artifacts import GraphTables
from noria.home import Home
from noria.light_tfx import without_frameworks
from orchestration.run_record import RunFolder, RunRecord, now
from orchestration.step_processes import StepProcesses, StepServerLostError
from orchestration.step_request import StepRequest

with without_frameworks():
    from tfx.orchestration.portable.data_types import ExecutionInfo


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of a run whose steps find the toy package."""
    root = Path(__file__).parent.parent
    monkeypatch.setenv("PYTHONPATH", f"{root}{os.pathsep}{root.parent}")
    folder = RunFolder.create(Home(tmp_path))
    folder.save(RunRecord(folder.id, "toy", "local", "succeeded", now(), os.getpid(), ended=now()))
    return folder


def request_for(folder, config="{}", fresh=False):
    output = GraphTables()
    output.uri = str(folder.home.root / "output")
    request = StepRequest(
        step="numbers",
        class_path="toy.numbers.executor.Executor",
        folder=str(folder.work / "numbers"),
        log=str(folder.log("numbers")),
        environment={"NORIA_STEP": "numbers"},
        fresh=fresh,
    )
    info = ExecutionInfo(
        execution_id=1,
        output_dict={"numbers": [output]},
        exec_properties={"config": config, "code_digest": ""},
        execution_output_uri=str(folder.work / "output.pb"),
        tmp_dir=str(request.temporary),
        stateful_working_dir=str(request.temporary),
    )
    request.write(info.to_proto().SerializeToString())
    return request


def run(processes, request, seconds=120):
    processes.start(request)
    ended = processes.wait(seconds)
    assert ended is not None, Path(request.log).read_text()
    return ended


def test_strings_hash_alike_in_every_run(folder, monkeypatch):
    """TF-GNN names layers in the order of a set: saved models would differ between runs."""
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    with StepProcesses(folder) as processes:
        file = Path(f"/proc/{processes._server.pid}/environ")
        # The kernel fills it in a moment after the program has begun.
        end = time.monotonic() + 120
        while not (environment := file.read_bytes()) and time.monotonic() < end:
            time.sleep(0.01)
    assert b"PYTHONHASHSEED=0" in environment.split(b"\0")


def test_result_or_error(folder):
    with StepProcesses(folder) as processes:
        request = request_for(folder)
        ended = run(processes, request)
        assert (ended.step, ended.signal) == ("numbers", None)
        assert ended.memory_mb > 10
        assert request.result.exists()
        assert not request.error.exists()
        request = request_for(folder, '{"trouble": {"fail": "crash"}}')
        assert run(processes, request).signal is None
        assert not request.result.exists()
        assert "ZeroDivisionError" in request.error.read_text()


def test_kill_and_server_lost(folder):
    with StepProcesses(folder) as processes:
        processes.start(request_for(folder, '{"trouble": {"sleep": 60}}'))
        assert processes.wait(0.5) is None
        processes.kill("numbers", signal.SIGTERM)
        assert processes.wait(120).signal == signal.SIGTERM
        os.kill(processes._server.pid, signal.SIGKILL)
        with pytest.raises(StepServerLostError):
            processes.wait(120)
        with pytest.raises(StepServerLostError):
            processes.start(request_for(folder))


@pytest.mark.slow
def test_fresh_interpreter_has_the_whole_of_tfx(folder):
    """What TFX's stock executors need: TFX imported with TensorFlow and Beam behind it."""
    with StepProcesses(folder) as processes:
        request = request_for(folder, fresh=True)
        assert run(processes, request, 300).signal is None
        assert request.result.exists(), Path(request.log).read_text()
