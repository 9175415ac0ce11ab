"""The second document of a compiled pipeline: what only Kubernetes knows.

Secrets are named here, never contained; their values stay in the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestration.targets import KubeflowTarget, Resources

# Set on every pod by the server; the entrypoint tags the MLflow run with it.
RUN_ID_VARIABLE = "NORIA_KFP_RUN_ID"
_RUN_ID_FIELD = "metadata.labels['pipeline/runid']"


def platform_spec(
    target: KubeflowTarget, executors: Sequence[str], steps: Mapping[str, str]
) -> dict[str, Any]:
    """The platform document (kfp-kubernetes' KubernetesExecutorConfig per executor).

    Args:
        target: Where the pipeline runs.
        executors: Executor labels of the pipeline spec.
        steps: Task name by step.
    """
    from google.protobuf import json_format

    step_of = {f"exec-{task}": step for step, task in steps.items()}
    configs = {
        executor: json_format.MessageToDict(
            _executor_config(target, target.resources.of(step_of.get(executor, "")))
        )
        for executor in executors
    }
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": configs}}}}


def _executor_config(target: KubeflowTarget, resources: Resources) -> Any:
    from kfp.kubernetes import kubernetes_executor_config_pb2 as pb

    config = pb.KubernetesExecutorConfig(image_pull_policy=target.image_pull_policy)
    config.field_path_as_env.add(name=RUN_ID_VARIABLE, field_path=_RUN_ID_FIELD)
    for secret in target.secrets:
        entry = config.secret_as_env.add(secret_name=secret.secret)
        entry.secret_name_parameter.runtime_value.constant.string_value = secret.secret
        for variable, key in sorted(secret.variables.items()):
            entry.key_to_env.add(secret_key=key, env_var=variable)
    for name in target.image_pull_secrets:
        pull = config.image_pull_secret.add(secret_name=name)
        pull.secret_name_parameter.runtime_value.constant.string_value = name
    for mount in target.mounts:
        claim = config.pvc_mount.add(constant=mount.claim, mount_path=mount.path)
        claim.pvc_name_parameter.runtime_value.constant.string_value = mount.claim
    config.node_selector.labels.update(resources.node_selector)
    for toleration in resources.tolerations:
        config.tolerations.add(**toleration.model_dump())
    if not resources.node_selector:
        config.ClearField("node_selector")
    return config
