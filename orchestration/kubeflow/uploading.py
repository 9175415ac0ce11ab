"""A compiled pipeline on the server: one pipeline of that name, one version per content, one experiment.

Whatever is there already is used again, so that a hundred runs of one pipeline are one version.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noria.errors import NoriaError
from orchestration.kubeflow.connection import KubeflowServer
from orchestration.kubeflow.server_errors import AlreadyThereError, not_understood

if TYPE_CHECKING:
    from orchestration.kubeflow.pipeline_spec import CompiledPipeline


def upload(server: KubeflowServer, compiled: CompiledPipeline) -> Any:
    """Makes sure that the server has this content; returns a V2beta1PipelineVersionReference."""
    import kfp_server_api

    pipeline = find_or_make(
        lambda: _pipeline(server, compiled.name), lambda: _new_pipeline(server, compiled.name)
    )
    pipeline_id = required(server, pipeline, "pipeline_id")
    name = f"{compiled.name}-{compiled.digest[:16]}"
    version = find_or_make(
        lambda: _version(server, pipeline_id, name), lambda: _new_version(server, pipeline_id, name, compiled)
    )
    return kfp_server_api.V2beta1PipelineVersionReference(
        pipeline_id=pipeline_id, pipeline_version_id=required(server, version, "pipeline_version_id")
    )


def experiment_id(server: KubeflowServer, name: str) -> str:
    """The id of the experiment of that name, made where there is none."""
    import kfp_server_api

    def make() -> Any:
        body = kfp_server_api.V2beta1Experiment(display_name=name, namespace=server.namespace or None)
        return server.ask(server.client.experiments.experiment_service_create_experiment, experiment=body)

    found = find_or_make(lambda: find_experiment(server, name), make)
    return required(server, found, "experiment_id")


def find_experiment(server: KubeflowServer, name: str) -> Any:
    """The experiment of that name, or None."""
    answer = server.ask(
        server.client.experiments.experiment_service_list_experiments,
        filter=named(name),
        **_namespace(server),
    )
    return first(answer.experiments)


def named(name: str) -> str:
    """The filter of the API's lists for one display name."""
    return json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})


def first(found: list[Any] | None) -> Any:
    """The one that was looked for, or None."""
    return found[0] if found else None


def required(server: KubeflowServer, answer: Any, field: str) -> str:
    """A field without which the answer is none."""
    value = getattr(answer, field, None)
    if not value:
        raise not_understood(server.target, f"an answer without {field}")
    return str(value)


def find_or_make(find: Callable[[], Any], make: Callable[[], Any]) -> Any:
    """What is there, or what is made; somebody else may make it in between."""
    if (found := find()) is not None:
        return found
    try:
        return make()
    except AlreadyThereError:
        if (found := find()) is None:
            raise
        return found


def _pipeline(server: KubeflowServer, name: str) -> Any:
    answer = server.ask(
        server.client.pipelines.pipeline_service_list_pipelines, filter=named(name), **_namespace(server)
    )
    return first(answer.pipelines)


def _new_pipeline(server: KubeflowServer, name: str) -> Any:
    import kfp_server_api

    body = kfp_server_api.V2beta1Pipeline(display_name=name, namespace=server.namespace or None)
    return server.ask(server.client.pipelines.pipeline_service_create_pipeline, pipeline=body)


def _version(server: KubeflowServer, pipeline_id: str, name: str) -> Any:
    answer = server.ask(
        server.client.pipelines.pipeline_service_list_pipeline_versions, pipeline_id, filter=named(name)
    )
    return first(answer.pipeline_versions)


def _new_version(server: KubeflowServer, pipeline_id: str, name: str, compiled: CompiledPipeline) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{compiled.name}.yaml"
        file.write_text(compiled.text, encoding="utf-8")
        try:
            return server.ask(
                server.client.pipeline_uploads.upload_pipeline_version,
                str(file),
                name=name,
                pipelineid=pipeline_id,
            )
        except AlreadyThereError:
            raise
        except NoriaError as error:
            raise type(error)(
                f"pipeline {compiled.name} was not taken: {error.message}",
                hint=error.hint or "look at what was sent: noria compile PIPELINE --target T -o FILE.yaml",
            ) from error


def _namespace(server: KubeflowServer) -> dict[str, str]:
    return {"namespace": server.namespace} if server.namespace else {}
