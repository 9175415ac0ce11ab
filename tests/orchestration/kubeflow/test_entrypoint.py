"""The program of a step's container, started as the launcher starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestration.beam_options import BEAM_VARIABLE

ROOT = Path(__file__).parents[3]
URI = "s3://bucket/v2/toy/run-1/numbers/salt"


class Pod:
    """A folder that stands for a pod's file system."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.termination_log = folder / "termination-log"
        self.termination_log.touch()
        self.outputs = folder / "s3/bucket/v2/toy/run-1/numbers/salt"

    def start(self, executor: str, config: dict[str, Any], **environment: str) -> subprocess.Popen[str]:
        output = {"uri": f"{URI}/numbers", "type": {"schemaTitle": "toy.Numbers"}}
        executor_input = {
            "inputs": {"parameterValues": {"config": config, "code_digest": "x"}},
            "outputs": {
                "artifacts": {"numbers": {"artifacts": [output]}},
                "outputFile": f"/s3/{URI.removeprefix('s3://')}/output_metadata.json",
            },
        }
        definitions = {"parameters": {"config": {"parameterType": "STRUCT"}}}
        command = [sys.executable, "-m", "orchestration.kubeflow.entrypoint"]
        command += ["--executor_class_path", executor]
        command += ["--json_serialized_invocation_args", json.dumps(executor_input)]
        command += ["--json_serialized_inputs_spec_args", json.dumps(definitions)]
        own = {
            "NORIA_LAUNCHER_ROOT": str(self.folder),
            "NORIA_TERMINATION_LOG": str(self.termination_log),
            "NORIA_HOME": str(self.folder / "noria"),
            "NORIA_TRACKING": "later",
            "NORIA_STEP": "numbers",
            "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT}",
        }
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **own, **environment},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, config: dict[str, Any], executor: str = "toy.numbers.executor.Executor") -> tuple[int, str]:
        """Exit status and termination message."""
        process = self.start(executor, config)
        process.communicate(timeout=300)
        return process.returncode, self.termination_log.read_text()

    def result(self) -> Any:
        path = self.outputs / "output_metadata.json"
        return json.loads(path.read_text()) if path.exists() else None


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    return Pod(tmp_path)


def test_step_that_succeeds(pod: Pod) -> None:
    assert pod.run({"count": 3}) == (0, "")
    (made,) = pod.result()["artifacts"]["numbers"]["artifacts"]
    assert made["uri"] == f"{URI}/numbers"
    assert made["metadata"]["content_digest"]
    assert (pod.outputs / "numbers" / "numbers.json").exists()


def test_beams_options_reach_the_step(pod: Pod) -> None:
    options = {BEAM_VARIABLE: json.dumps(["--runner=DirectRunner"])}
    log, _ = pod.start("toy.numbers.executor.Executor", {"count": 3}, **options).communicate(timeout=300)
    assert "Beam's options: --runner=DirectRunner\n" in log


def test_step_that_finds_its_data_bad(pod: Pod) -> None:
    status, message = pod.run({"trouble": {"fail": "data"}})
    assert status == 1
    assert message.startswith("step numbers: ")
    assert "Traceback" not in message
    assert pod.result() is None


def test_step_that_is_killed(pod: Pod) -> None:
    status, message = pod.run({"trouble": {"fail": "kill"}})
    assert status == 1
    assert "killed by signal 9; out of memory? Raise the step's memory" in message
    assert pod.result() is None


@pytest.mark.parametrize("fail", ["", "kill"])
def test_temporary_files_go_with_the_step(pod: Pod, fail: str) -> None:
    temporary = pod.folder / "tmp"
    temporary.mkdir()
    process = pod.start("toy.numbers.executor.Executor", {"trouble": {"fail": fail}}, TMPDIR=str(temporary))
    process.communicate(timeout=300)
    assert process.returncode == (1 if fail else 0)
    assert list(temporary.iterdir()) == []


def test_configuration_that_does_not_fit(pod: Pod) -> None:
    """As somebody may have typed it on Kubeflow's page."""
    status, message = pod.run({"cuont": 3})
    assert status == 1
    assert "cuont: unknown field; did you mean count?" in message


def test_executor_that_the_image_does_not_have(pod: Pod) -> None:
    status, message = pod.run({}, "nowhere.executor.Executor")
    assert status == 1
    assert "No module named 'nowhere'" in message


def test_leftovers_of_an_earlier_attempt_are_gone(pod: Pod) -> None:
    folder = pod.outputs / "numbers"
    folder.mkdir(parents=True)
    (folder / "half-written.json").write_text("[1, 2")
    assert pod.run({"count": 3})[0] == 0
    assert not (folder / "half-written.json").exists()


def test_eviction_is_told(pod: Pod) -> None:
    process = pod.start("toy.numbers.executor.Executor", {"trouble": {"sleep": 300.0}})
    assert process.stdout is not None
    assert any("working on" in line for line in process.stdout)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=300)
    assert process.returncode == 128 + signal.SIGTERM
    assert "evicted" in pod.termination_log.read_text()
    assert pod.result() is None


def test_nonsense_in_place_of_the_executor_input() -> None:
    command = [sys.executable, "-m", "orchestration.kubeflow.entrypoint", "--executor_class_path", "x.Y"]
    done = subprocess.run(
        [*command, "--json_serialized_invocation_args", "{{$}}"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "started by Kubeflow's launcher" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_check_names_the_versions() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.kubeflow.entrypoint", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "tensorflow 2." in done.stdout
    assert "components.artifacts ok" in done.stdout
