"""What a target says about the containers of steps, in the terms of the pipeline spec."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from orchestration.targets import KubeflowTarget, Resources, Retries, VertexTarget

_GIB = 2**30
_UNITS: dict[str, float] = {"": 1.0, "k": 1e3, "m": 1e-3} | {
    sign + suffix: float(base) ** power
    for power, sign in enumerate("KMGTPE", start=1)
    for suffix, base in (("", 1000), ("i", 1024))
}


def container_settings(
    container: dict[str, Any],
    step: str,
    target: KubeflowTarget | VertexTarget,
    environment: Mapping[str, str],
) -> None:
    """Gives one container its image, resources and environment."""
    resources = target.resources.of(step)
    if resources.gpu and target.gpu_image:
        container["image"] = target.gpu_image
    if isinstance(target, VertexTarget):
        container["resources"] = _vertex_resources(resources)
    else:
        container["resources"] = _kubernetes_resources(resources)
    given = {"NORIA_STEP": step, **environment}
    container["env"] = [{"name": name, "value": given[name]} for name in sorted(given)]


def retry_policy(retries: Retries) -> dict[str, Any]:
    """The retry policy of a task."""
    return {
        "maxRetryCount": retries.count,
        "backoffDuration": f"{retries.delay_seconds}s",
        "backoffFactor": retries.factor,
        "backoffMaxDuration": f"{retries.max_delay_seconds}s",
    }


def _kubernetes_resources(resources: Resources) -> dict[str, Any]:
    found: dict[str, Any] = {
        "resourceCpuLimit": resources.cpu,
        "resourceCpuRequest": resources.cpu_request or resources.cpu,
        "resourceMemoryLimit": resources.memory,
        "resourceMemoryRequest": resources.memory_request or resources.memory,
    }
    if resources.gpu:
        found["accelerator"] = {"resourceType": resources.gpu_type, "resourceCount": str(resources.gpu)}
    return found


def _vertex_resources(resources: Resources) -> dict[str, Any]:
    # Vertex AI reads numbers: cores, and memory in units of 2**30 bytes.
    found: dict[str, Any] = {
        "cpuLimit": _number(resources.cpu),
        "memoryLimit": round(_number(resources.memory) / _GIB, 3),
    }
    if resources.gpu:
        found["accelerator"] = {"type": resources.gpu_type, "count": str(resources.gpu)}
    return found


def _number(quantity: str) -> float:
    """A Kubernetes quantity, e.g. 500m, 2 or 8Gi, as a number."""
    match = re.fullmatch(r"([\d.]+)(\D*)", quantity)
    assert match is not None, "the target's model lets only quantities pass"
    return float(match.group(1)) * _UNITS[match.group(2)]
