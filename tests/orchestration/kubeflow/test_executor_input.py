"""What the launcher hands over, as TFX's types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noria.errors import NoriaError
from noria.light_tfx import without_frameworks
from orchestration.kubeflow.executor_input import read_invocation, write_result
from orchestration.kubeflow.object_paths import ROOT_VARIABLE, local_path, object_uri

with without_frameworks():
    from tfx.orchestration.portable.data_types import ExecutionInfo

GRAPH = {"artifactType": {"schemaTitle": "components.GraphTables", "schemaVersion": "0.0.1"}}
ROOT = "s3://bucket/v2/graph/run-1/gnn-training/salt"


def handed(**changes: Any) -> tuple[str, str]:
    """Executor input and input definitions, as release 2.17 writes them."""
    spec = {
        "artifacts": {"graph": GRAPH},
        "parameters": {
            "config": {"parameterType": "STRUCT"},
            "rate": {"parameterType": "NUMBER_DOUBLE"},
            "rounds": {"parameterType": "NUMBER_INTEGER"},
            "names": {"parameterType": "LIST"},
        },
    }
    given = {
        "inputs": {
            "artifacts": {
                "graph": {
                    "artifacts": [
                        {
                            "name": "7",
                            "uri": "s3://bucket/v2/graph/run-1/graph-ingest/salt/graph",
                            "type": {"instanceSchema": ""},
                            "metadata": {"content_digest": "abc", "display_name": "graph", "rows": 3.0},
                        }
                    ]
                }
            },
            "parameterValues": {
                "config": {"b": {"z": 1.0, "a": [2.5, 3.0]}, "a": True},
                "rate": 1.0,
                "rounds": 3.0,
                "names": ["x", "y"],
            },
        },
        "outputs": {
            "artifacts": {
                "model": {
                    "artifacts": [
                        {
                            "name": "model",
                            "uri": f"{ROOT}/model",
                            "type": {"schemaTitle": "components.TrainedModel"},
                        }
                    ]
                },
                "executor-logs": {"artifacts": [{"uri": f"{ROOT}/executor-logs"}]},
            },
            "outputFile": "/s3/bucket/v2/graph/run-1/gnn-training/salt/output_metadata.json",
        },
    }
    given.update(changes)
    return json.dumps(given), json.dumps(spec)


def test_artifacts_get_their_types_and_local_paths() -> None:
    invocation = read_invocation(*handed())
    (graph,) = invocation.inputs["graph"]
    assert graph.TYPE_NAME == "components.GraphTables"
    assert graph.uri == "/s3/bucket/v2/graph/run-1/graph-ingest/salt/graph"
    assert graph.get_string_custom_property("content_digest") == "abc"
    assert graph.get_int_custom_property("rows") == 3
    (model,) = invocation.outputs["model"]
    assert model.TYPE_NAME == "components.TrainedModel"
    # The launcher's own; no business of the step.
    assert set(invocation.outputs) == {"model"}
    assert invocation.run_id == "run-1"


def test_run_of_vertex_ai(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its outputs lie elsewhere below the root: GenerateOutputURI is KFP's own."""
    monkeypatch.setenv("NORIA_SERVER", "vertex")
    text, spec = handed()
    vertex = "gs://bucket/root/123456/graph-20261122/gnn-training_-77"
    assert read_invocation(text.replace(ROOT, vertex), spec).run_id == "graph-20261122"


def test_numbers_and_structures_get_their_kinds_back() -> None:
    parameters = read_invocation(*handed()).parameters
    # In one order, whatever the order on the wire.
    assert parameters == {
        "config": '{"a": true, "b": {"a": [2.5, 3], "z": 1}}',
        "rate": 1.0,
        "rounds": 3,
        "names": ["x", "y"],
    }
    assert isinstance(parameters["rounds"], int)
    assert isinstance(parameters["rate"], float)


def test_structures_that_come_as_text() -> None:
    text, spec = handed()
    given = json.loads(text)
    given["inputs"]["parameterValues"].update(config='{"a": 1}', names='["x"]')
    parameters = read_invocation(json.dumps(given), spec).parameters
    assert (parameters["config"], parameters["names"]) == ({"a": 1}, ["x"])


@pytest.mark.parametrize(
    "value",
    [
        {"a": {"b": None}},
        {"a": [1, None]},
        {"limits": {}, "on_breach": "fail"},
        {"a": True, "b": []},
        {"drift": {"ignore": [], "limit_of": {}}},
    ],
)
def test_structures_that_tfx_cannot_carry_reach_the_executor_as_text(value: dict[str, Any]) -> None:
    given = {"inputs": {"parameterValues": {"config": value}}, "outputs": {"outputFile": "/minio/b/o.json"}}
    spec = {"parameters": {"config": {"parameterType": "STRUCT"}}}
    invocation = read_invocation(json.dumps(given), json.dumps(spec))
    assert json.loads(invocation.parameters["config"]) == value
    info = ExecutionInfo(input_dict={}, output_dict={}, exec_properties=invocation.parameters)
    assert ExecutionInfo.from_proto(info.to_proto()).exec_properties == invocation.parameters


def test_what_is_no_executor_input() -> None:
    with pytest.raises(NoriaError, match="ExecutorInput cannot be read"):
        read_invocation("{{$}}", "{}")


def test_type_that_the_image_does_not_have() -> None:
    text, spec = handed()
    with pytest.raises(NoriaError, match=r"input graph: the image does not know .* 'nowhere.Graph'"):
        read_invocation(text, spec.replace("components.GraphTables", "nowhere.Graph"))


def test_result_has_addresses_of_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    invocation = read_invocation(*handed())
    (model,) = invocation.outputs["model"]
    model.set_string_custom_property("content_digest", "def")
    write_result(invocation, {"model": model.mlmd_artifact})
    written = json.loads(
        (tmp_path / "s3/bucket/v2/graph/run-1/gnn-training/salt/output_metadata.json").read_text()
    )
    (entry,) = written["artifacts"]["model"]["artifacts"]
    assert entry == {"uri": f"{ROOT}/model", "metadata": {"content_digest": "def"}}


_KEYS = st.lists(
    st.text(alphabet="abc-_.=%é ", min_size=1).filter(lambda s: s not in (".", "..")), min_size=1
)


@given(scheme=st.sampled_from(["s3", "minio", "gs"]), keys=_KEYS)
def test_addresses_and_paths_are_inverse(scheme: str, keys: list[str]) -> None:
    uri = f"{scheme}://bucket/{'/'.join(keys)}"
    assert object_uri(local_path(uri)) == uri


@pytest.mark.parametrize("uri", ["/tmp/x", "file:///x", "http://x/y", "s3://", ""])
def test_addresses_that_the_launcher_does_not_handle(uri: str) -> None:
    with pytest.raises(NoriaError, match="expected s3://"):
        local_path(uri)


def test_path_that_nobody_would_upload() -> None:
    with pytest.raises(ValueError, match="none of the folders that are uploaded"):
        object_uri(Path("/tmp/model"))
