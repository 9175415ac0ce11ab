"""What can be known of a pipeline's fitness for Kubeflow before anything is compiled.

A step that works on this machine may not in a pod: its code must be importable there, its artifact types
must have names that Kubeflow takes, and its parameters must be of the kinds that travel as JSON.
"""

from __future__ import annotations

import importlib
import json
import math
import re
from collections.abc import Sequence
from typing import Any

from noria.errors import NoriaError
from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
    from tfx.dsl.placeholder.placeholder import Placeholder
    from tfx.orchestration.data_types import RuntimeParameter

_STEP_NAME = re.compile(r"^[a-z][a-z0-9_-]{0,62}$")
# kfp's rule for artifact types that are not its own: one dot, an importable package before it.
_TYPE_NAME = re.compile(r"^[a-z][a-z0-9-_]{2,20}\.[A-Z][A-Za-z0-9]{1,49}$")
# A parameter becomes part of one command-line argument, and Linux allows 128 KiB for each.
_LONGEST_PARAMETER = 60_000
_LARGEST_INTEGER = 2**53


def check_components(pipeline: str, components: Sequence[Any]) -> None:
    """Looks at every component of a pipeline.

    Raises:
        NoriaError: One cannot run on Kubeflow; the message names the step and what to change.
    """
    for component in components:
        step = f"step {component.id} of pipeline {pipeline}"
        if not _STEP_NAME.match(component.id):
            raise NoriaError(
                f"{step}: its name cannot be that of a Kubeflow task",
                hint="lower-case letters, digits, _ and -, a letter first, at most 63: .with_id('...')",
            )
        _check_executor(step, component)
        for direction, channels in (("input", component.inputs), ("output", component.outputs)):
            for key, channel in channels.items():
                _check_type(f"{step}, {direction} {key}", channel.type)
        for name, value in component.exec_properties.items():
            _check_parameter(f"{step}, parameter {name}", value)


def _check_executor(step: str, component: Any) -> None:
    spec = component.executor_spec
    if not isinstance(spec, ExecutorClassSpec):
        raise NoriaError(
            f"{step} is a {type(component).__name__}, which has no executor that a pod could import",
            hint="read the value inside a component instead; importers and resolvers are not run",
        )
    if spec.class_path.startswith("__main__."):
        raise NoriaError(
            f"{step}: its executor {spec.class_path} is defined in the script that was started, which a pod "
            "cannot import",
            hint="move the component to a module of a package that the image contains",
        )


def _check_type(place: str, kind: Any) -> None:
    name = str(kind.TYPE_NAME)
    if kind.__module__ == "__main__":
        raise NoriaError(
            f"{place}: artifact type {kind.__name__} is defined in the script that was started, which a pod "
            "cannot import",
            hint="move the type to a module of a package that the image contains",
        )
    if kind.__module__.startswith("tfx."):
        return
    if not _TYPE_NAME.match(name):
        raise NoriaError(
            f"{place}: Kubeflow refuses the artifact type name {name!r}",
            hint="TYPE_NAME = 'package.TypeName': one dot, lower-case before it, a capital after",
        )
    package, _, attribute = name.partition(".")
    try:
        found = getattr(importlib.import_module(package), attribute)
    except (ImportError, AttributeError) as error:
        raise NoriaError(
            f"{place}: a pod finds artifact type {name!r} by importing it, which fails: {error}",
            hint=f"let package {package!r} export {attribute!r} (it is defined in {kind.__module__})",
        ) from error
    if found is not kind:
        raise NoriaError(
            f"{place}: artifact type {kind.__module__}.{kind.__name__} calls itself {name!r}, "
            "which is something else",
            hint=f"TYPE_NAME = '{kind.__module__.partition('.')[0]}.{kind.__name__}'",
        )


def _check_parameter(place: str, value: Any) -> None:
    if value is None or isinstance(value, Placeholder | RuntimeParameter):
        return
    if not _fits_json(value):
        raise NoriaError(
            f"{place}: Kubeflow cannot carry a value of type {type(value).__name__}"
            + (f" ({value!r})" if isinstance(value, int | float) else ""),
            hint="str, int (below 2**53), finite float, bool, lists, mappings; others as JSON text",
        )
    length = len(value if isinstance(value, str) else json.dumps(value))
    if length > _LONGEST_PARAMETER:
        raise NoriaError(
            f"{place}: its value has {length:,} signs, Kubeflow carries {_LONGEST_PARAMETER:,}",
            hint="put it into a file, and let an upstream step hand it over as an artifact",
        )


def _fits_json(value: Any) -> bool:
    match value:
        case bool() | str() | None:
            return True
        case int():
            return abs(value) <= _LARGEST_INTEGER
        case float():
            return math.isfinite(value)
        case list():
            return all(_fits_json(item) for item in value)
        case dict():
            return all(isinstance(key, str) and _fits_json(item) for key, item in value.items())
    return False
