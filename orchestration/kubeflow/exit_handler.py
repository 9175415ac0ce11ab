"""The task that always comes last: tells MLflow how the whole run ended.

Steps run in pods of their own and tell MLflow about themselves; none of them knows how the run ends, and a
scheduled run has nobody following it. So the steps become a group, and one small task is started when that
group is over, however it ended.
"""

from __future__ import annotations

import json
from typing import Any

from noria.typed_config import TypedConfig
from orchestration.kubeflow.executor_settings import container_settings
from orchestration.targets import KubeflowTarget, VertexTarget

STEPS_TASK = "steps"
FINISH_TASK = "finish"
COMMAND = ("python", "-m", "orchestration.kubeflow.finish")
# What the server puts in the place of these is the run's id, or a name that ends with it.
_RUN = {"kubeflow": "{{$.pipeline_job_uuid}}", "vertex": "{{$.pipeline_job_resource_name}}"}


def with_exit_handler(
    spec: dict[str, Any],
    config: TypedConfig,
    target: KubeflowTarget | VertexTarget,
    environment: dict[str, str],
) -> dict[str, Any]:
    """Moves the tasks of a spec into a group and adds the finishing task.

    Args:
        spec: A pipeline spec as a mapping; it is taken over.
        config: The pipeline's configuration, which MLflow is to show as the run's parameters.
        target: Where the pipeline runs.
        environment: Environment variables of every container.
    """
    root = spec["root"]
    group = f"comp-{STEPS_TASK}"
    parameters = root.get("inputDefinitions", {}).get("parameters", {})
    spec["components"][group] = {"dag": root.pop("dag")}
    steps_task: dict[str, Any] = {"componentRef": {"name": group}, "taskInfo": {"name": STEPS_TASK}}
    if parameters:
        spec["components"][group]["inputDefinitions"] = {
            "parameters": {
                name: {"parameterType": definition["parameterType"]}
                for name, definition in parameters.items()
            }
        }
        steps_task["inputs"] = {
            "parameters": {name: {"componentInputParameter": name} for name in parameters}
        }
    spec["components"][f"comp-{FINISH_TASK}"] = {
        "executorLabel": f"exec-{FINISH_TASK}",
        "inputDefinitions": {
            "parameters": {
                "status": {"parameterType": "TASK_FINAL_STATUS", "isOptional": True},
                "pipeline_config": {"parameterType": "STRING"},
                "run": {"parameterType": "STRING"},
            }
        },
    }
    container: dict[str, Any] = {
        "image": target.image,
        "command": list(COMMAND),
        "args": ["--executor_input", "{{$}}"],
    }
    container_settings(container, FINISH_TASK, target, environment)
    spec["deploymentSpec"]["executors"][f"exec-{FINISH_TASK}"] = {"container": container}
    finish_task = {
        "componentRef": {"name": f"comp-{FINISH_TASK}"},
        "taskInfo": {"name": FINISH_TASK},
        "cachingOptions": {"enableCache": False},
        "dependentTasks": [STEPS_TASK],
        "triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"},
        "inputs": {
            "parameters": {
                "status": {"taskFinalStatus": {"producerTask": STEPS_TASK}},
                "run": {"runtimeValue": {"constant": _RUN[target.kind]}},
                "pipeline_config": {
                    "runtimeValue": {"constant": json.dumps(config.model_dump(mode="json"), sort_keys=True)}
                },
            }
        },
    }
    root["dag"] = {"tasks": {STEPS_TASK: steps_task, FINISH_TASK: finish_task}}
    return spec
