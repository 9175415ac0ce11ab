"""The shape that every component's spec has: named artifacts in and out, one typed configuration.

On the wire a component has two parameters, both strings, which Kubeflow can carry: ``config`` (the
typed configuration as JSON) and ``code_digest`` (what the step's code was), so that a cache keyed on
parameters misses when either changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from components.code_digest import code_digest
from noria.light_tfx import without_frameworks
from noria.typed_config import TypedConfig

with without_frameworks():
    from tfx.dsl.components.base.base_component import BaseComponent
    from tfx.dsl.components.base.base_executor import BaseExecutor
    from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
    from tfx.types.artifact import Artifact
    from tfx.types.channel import BaseChannel, OutputChannel
    from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter


class ExecutorPath(ExecutorClassSpec):
    """Names an executor by its import path, so that a pipeline is defined without importing TensorFlow."""

    def __init__(self, class_path: str) -> None:
        # The parent wants a class; only its path is ever used.
        super().__init__(BaseExecutor)
        self._class_path = class_path

    def __reduce__(self) -> tuple[type[ExecutorPath], tuple[str]]:
        return ExecutorPath, (self._class_path,)


def step_spec(
    name: str,
    *,
    inputs: Mapping[str, type[Artifact]],
    outputs: Mapping[str, type[Artifact]],
    optional: tuple[str, ...] = (),
) -> type[ComponentSpec]:
    """Makes a TFX component spec; ``optional`` names the inputs that a pipeline may leave out."""
    return type(
        f"{name}Spec",
        (ComponentSpec,),
        {
            "PARAMETERS": {
                "config": ExecutionParameter(type=str),
                "code_digest": ExecutionParameter(type=str),
            },
            "INPUTS": {k: ChannelParameter(type=t, optional=k in optional) for k, t in inputs.items()},
            "OUTPUTS": {k: ChannelParameter(type=t) for k, t in outputs.items()},
        },
    )


class StepComponent(BaseComponent):
    """Base of every Noria component; a subclass states SPEC_CLASS and EXECUTOR_SPEC and types its inputs."""

    SPEC_CLASS: ClassVar[Any]
    EXECUTOR_SPEC: ClassVar[Any]

    def __init__(self, config: TypedConfig, inputs: Mapping[str, BaseChannel | None]) -> None:
        channels: dict[str, Any] = {k: c for k, c in inputs.items() if c is not None}
        for key, parameter in self.SPEC_CLASS.OUTPUTS.items():
            channels[key] = OutputChannel(parameter.type, self, key)
        spec = self.SPEC_CLASS(
            # Sorted, because a mapping in a configuration has no order: Kubeflow loses it on the way.
            config=json.dumps(config.model_dump(mode="json"), sort_keys=True),
            code_digest=code_digest(self.EXECUTOR_SPEC.class_path),
            **channels,
        )
        super().__init__(spec=spec)
        # The component's folder names the step; with_id() renames one that a pipeline uses twice.
        self.with_id(self.EXECUTOR_SPEC.class_path.split(".")[-3])
