"""What cannot run on Kubeflow is told before anything is compiled."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from components.step_component import ExecutorPath, StepComponent, step_spec
from noria.errors import NoriaError
from noria.light_tfx import without_frameworks
from noria.typed_config import TypedConfig
from orchestration.kubeflow.compile_checks import check_components

with without_frameworks():
    from tfx.types.artifact import Artifact

ROOT = Path(__file__).parents[3]


class Empty(TypedConfig):
    """No fields."""


def step(kind: type[Any], executor: str = "components.tflite_export.executor.Executor") -> Any:
    class Step(StepComponent):
        SPEC_CLASS = step_spec("Step", inputs={}, outputs={"made": kind})
        EXECUTOR_SPEC = ExecutorPath(executor)

    return Step(Empty(), {})


def artifact(type_name: str) -> type[Any]:
    return type("Table", (Artifact,), {"TYPE_NAME": type_name, "__module__": "components.artifacts"})


def test_our_own_types_pass() -> None:
    from components.artifacts import GraphTables

    check_components("p", [step(GraphTables)])


@pytest.mark.parametrize(
    "name", ["Table", "a.Table", "components.table", "components.graph.Table", "Big.Table"]
)
def test_artifact_type_that_kubeflow_refuses(name: str) -> None:
    with pytest.raises(
        NoriaError, match=f"step tflite_export of pipeline p, output made: .*{re.escape(name)}"
    ):
        check_components("p", [step(artifact(name))])


def test_artifact_type_that_a_pod_would_not_find() -> None:
    with pytest.raises(NoriaError, match=r"which fails: .*Table") as caught:
        check_components("p", [step(artifact("components.Table"))])
    assert "let package 'components' export 'Table'" in caught.value.hint


def test_name_that_is_no_task_name() -> None:
    from components.artifacts import GraphTables

    with pytest.raises(NoriaError, match="its name cannot be that of a Kubeflow task"):
        check_components("p", [step(GraphTables).with_id("Train Model")])


@pytest.mark.parametrize("value", [2**60, float("nan"), float("inf"), {"a": {1, 2}}, [b"x"]])
def test_parameter_that_cannot_travel(value: Any) -> None:
    from components.artifacts import GraphTables

    component = step(GraphTables)
    component.spec.exec_properties["extra"] = value
    with pytest.raises(NoriaError, match="parameter extra: Kubeflow cannot carry"):
        check_components("p", [component])


def test_parameter_that_is_too_long() -> None:
    from components.artifacts import GraphTables

    component = step(GraphTables)
    component.spec.exec_properties["extra"] = "x" * 200_000
    with pytest.raises(NoriaError, match="200,000 signs"):
        check_components("p", [component])


@pytest.mark.parametrize("what", ["executor", "type"])
def test_component_of_the_script_that_was_started(tmp_path: Path, what: str) -> None:
    """Seen from a real script, where things are called ``__main__``."""
    kind = "Own" if what == "type" else "GraphTables"
    executor = "__main__.Executor" if what == "executor" else "components.tflite_export.executor.Executor"
    script = tmp_path / "own.py"
    script.write_text(
        textwrap.dedent(f"""
        from noria.light_tfx import without_frameworks
        with without_frameworks():
            from tfx.types.artifact import Artifact
        from components.artifacts import GraphTables
        from components.step_component import ExecutorPath, StepComponent, step_spec
        from components.step_executor import StepExecutor
        from noria.typed_config import TypedConfig
        from orchestration.kubeflow.compile_checks import check_components

        class Empty(TypedConfig):
            pass

        class Own(Artifact):
            TYPE_NAME = "components.Own"

        class Executor(StepExecutor[Empty]):
            config_type = Empty

        class Step(StepComponent):
            SPEC_CLASS = step_spec("Step", inputs={{}}, outputs={{"made": {kind}}})
            EXECUTOR_SPEC = ExecutorPath("{executor}")

        check_components("p", [Step(Empty(), {{}}).with_id("own")])
        """)
    )
    done = subprocess.run([sys.executable, str(script)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "is defined in the script that was started" in done.stderr
    assert "NoriaError" in done.stderr.splitlines()[-2]
