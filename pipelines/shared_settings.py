"""Settings that several steps of a pipeline share: written down once, in the pipeline's own configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, SerializerFunctionWrapHandler, model_serializer, model_validator

from noria.errors import ConfigError
from noria.typed_config import TypedConfig


class SharedSettings(TypedConfig):
    """Base of a pipeline's configuration in which steps get settings that are the pipeline's.

    Attributes:
        shared: For each setting of the pipeline (dotted name) the steps' settings that follow it.
    """

    shared: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @model_validator(mode="before")
    @classmethod
    def _shared(cls, tree: Any) -> Any:
        for source, targets in cls.shared.items():
            tree = hand_down(tree, source, *targets)
        return tree

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        tree: dict[str, Any] = write(self)
        for source, targets in self.shared.items():
            tree = take_back(tree, source, *targets)
        return tree

    def check_shared(self) -> None:
        """Raises ConfigError where a step states another value than the pipeline."""
        for source, targets in self.shared.items():
            check_handed_down(self, source, *targets)


def is_handed_down(config_type: type[BaseModel], path: str) -> bool:
    """Whether a setting (dotted name) is one that a step gets of its pipeline."""
    shared = config_type.shared if issubclass(config_type, SharedSettings) else {}
    followers = [target for targets in shared.values() for target in targets]
    return any(path == target or path.startswith(f"{target}.") for target in followers)


def hand_down(tree: Any, source: str, *targets: str) -> Any:
    """A configuration's mapping in which steps have the setting that they do not state.

    Done before a configuration is read, so that it is whole when it is kept with a run and read again.

    Args:
        tree: What a configuration is read from; anything but mappings is left to be refused there.
        source: Dotted name of the setting, e.g. ``promotion.registered_model``.
        targets: Dotted names under which steps have it, e.g. ``evaluation.registered_model``.
    """
    value = _value(tree, source)
    for target in targets if value is not None else ():
        step, _, field = target.rpartition(".")
        given = tree.get(step, {})
        # Runs and schedules of earlier versions keep an empty text where a step stated nothing.
        if isinstance(given, Mapping) and given.get(field, "") == "":
            tree = {**tree, step: {**given, field: value}}
    return tree


def take_back(tree: dict[str, Any], source: str, *targets: str) -> dict[str, Any]:
    """The opposite of ``hand_down``, for a configuration that is written down: a step's setting that is the
    pipeline's is left out, so that it follows when the pipeline's is changed there."""
    value = _value(tree, source)
    for target in targets:
        step, _, field = target.rpartition(".")
        if _value(tree, target) == value:
            tree = {**tree, step: {name: v for name, v in tree[step].items() if name != field}}
    return tree


def check_handed_down(config: TypedConfig, source: str, *targets: str) -> None:
    """Raises ConfigError where a step states another value than the pipeline."""
    expected = _attribute(config, source)
    for target in targets:
        if (got := _attribute(config, target)) != expected:
            shown = f" is {got!r}, but the pipeline's is {expected!r}" if isinstance(got, str) else ""
            raise ConfigError(
                f"{target}{shown or f' is not what the pipeline has as {source}'}",
                hint=f"leave {target} out: the pipeline sets it",
            )


def _attribute(config: TypedConfig, name: str) -> Any:
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _value(tree: Any, name: str) -> Any:
    for part in name.split("."):
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree
