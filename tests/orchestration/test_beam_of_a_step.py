"""Beam's options on their way from the target to an executor, past the cache's key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.artifacts import GraphTables
from components.step_component import step_spec
from components.step_executor import StepExecutor
from noria.light_tfx import without_frameworks
from noria.typed_config import TypedConfig
from orchestration.pipeline_plan import plan_pipeline
from orchestration.step_launcher import _executor
from orchestration.step_main import run_step
from orchestration.step_request import StepRequest

with without_frameworks():
    from tfx.dsl.components.base.base_beam_component import BaseBeamComponent
    from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
    from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
    from tfx.orchestration.portable.data_types import ExecutionInfo
    from tfx.types.channel import OutputChannel

ARGUMENTS = ["--runner=DirectRunner", "--direct_running_mode=multi_processing"]


class Ours(StepExecutor[TypedConfig]):
    """Writes down the options that it got."""

    config_type = TypedConfig

    def run(self, config: TypedConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
        del config, inputs
        (outputs["graph"] / "options.txt").write_text(" ".join(self.beam_pipeline_args))


class Stock(BaseBeamExecutor):
    """The same, as TFX's own Beam executors do."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None:  # noqa: N802
        del input_dict, exec_properties
        folder = Path(output_dict["graph"][0].uri)
        folder.mkdir()
        # TFX adds labels of its own.
        (folder / "options.txt").write_text(" ".join(self._beam_pipeline_args[:2]))


class StockComponent(BaseBeamComponent):
    """A component as TFX's own are."""

    SPEC_CLASS = step_spec("Stock", inputs={}, outputs={"graph": GraphTables})
    EXECUTOR_SPEC = BeamExecutorSpec(Stock)

    def __init__(self) -> None:
        channel = OutputChannel(GraphTables, self, "graph")
        super().__init__(spec=self.SPEC_CLASS(config="{}", code_digest="", graph=channel))


@pytest.mark.parametrize("executor", [Ours, Stock])
def test_an_executor_gets_them(executor: type, tmp_path: Path) -> None:
    output = GraphTables()
    output.uri = str(tmp_path / "graph")
    request = StepRequest(
        step="it",
        class_path=f"{__name__}.{executor.__name__}",
        folder=str(tmp_path / "work"),
        log="",
        environment={},
        beam_pipeline_args=ARGUMENTS,
    )
    info = ExecutionInfo(
        execution_id=1,
        output_dict={"graph": [output]},
        exec_properties={"config": "{}", "code_digest": ""},
        execution_output_uri=str(tmp_path / "output.pb"),
        tmp_dir=str(request.temporary),
        stateful_working_dir=str(request.temporary),
    )
    request.write(info.to_proto().SerializeToString())
    assert run_step(StepRequest.read(request.path)) == 0
    assert (tmp_path / "graph" / "options.txt").read_text() == " ".join(ARGUMENTS)


# TFX calls what protobuf 6 has renamed.
@pytest.mark.filterwarnings("ignore:label:DeprecationWarning")
def test_an_executor_of_tfxs_beam_kind_is_known_as_one(tmp_path: Path) -> None:
    (step,) = plan_pipeline("p", str(tmp_path), [StockComponent()], "run").steps
    assert _executor(step) == (f"{__name__}.Stock", True)


def test_they_are_not_in_the_cache_key(noria: Any, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("kind: local\nbeam: {pipeline_args: [--runner=DirectRunner]}\n")
    noria("run", "toy")
    again = noria.json("run", "toy", "--target", other)
    assert all(step["cached"] for step in again["steps"])
