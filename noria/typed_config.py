"""Typed configuration: models that refuse unknown keys, and errors that name the field."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from noria.errors import ConfigError


class TypedConfig(BaseModel):
    """Base of every configuration model: immutable, unknown keys refused, non-finite numbers refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


#: ``json_schema_extra`` of a field that a pipeline's definition fills in: nobody is asked for it.
FILLED_IN: dict[str, Any] = {"filled_in": True}

ConfigT = TypeVar("ConfigT", bound=TypedConfig)


def load_config(model: type[ConfigT], path: Path | None, overrides: Sequence[str] = ()) -> ConfigT:
    """Reads a YAML file into ``model`` and applies ``a.b=value`` overrides (values are parsed as YAML).

    Raises:
        ConfigError: The file is missing or no mapping, an override has no ``=``, or a field does not fit.
    """
    tree: dict[str, Any] = {}
    if path is not None:
        tree = _read_mapping(path)
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set {override!r}: expected key=value", hint="e.g. --set training.epochs=3")
        _assign(tree, key, yaml.safe_load(text))
    origin = str(path) if path else "the configuration"
    return parse_config(model, tree, origin=" --set ".join([origin, *overrides]))


def parse_config(model: type[ConfigT], tree: Mapping[str, Any], origin: str) -> ConfigT:
    """Validates a mapping; raises ConfigError with one line per field that does not fit."""
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        lines = [_explain(model, item) for item in _told_once(error.errors())]
        raise ConfigError(f"{origin} does not fit {model.__name__}:\n  " + "\n  ".join(lines)) from None


def _told_once(errors: Sequence[Any]) -> list[Any]:
    """Without those that a step only has because it was handed down what is wrong above it."""

    def handed_down(item: Any, other: Any) -> bool:
        above = other["loc"]
        same = (item["msg"], item["input"]) == (other["msg"], other["input"])
        return same and 0 < len(above) < len(item["loc"]) and item["loc"][-len(above) :] == above

    return [item for item in errors if not any(handed_down(item, other) for other in errors)]


def _read_mapping(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"no configuration file {path}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: expected a mapping of fields, got {type(tree).__name__}")
    return tree


def _assign(tree: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    node = tree
    for parent in parents:
        child = node.setdefault(parent, {})
        if not isinstance(child, dict):
            raise ConfigError(f"--set {key}: {parent} is {child!r}, not a group of fields")
        node = child
    node[last] = value


def _explain(model: type[BaseModel], item: Any) -> str:
    field = ".".join(str(part) for part in item["loc"]) or "(top)"
    if item["type"] == "extra_forbidden":
        known = _fields_at(model, item["loc"][:-1])
        close = difflib.get_close_matches(str(item["loc"][-1]), known, n=1)
        tail = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
        return f"{field}: unknown field" + (f"; {tail}" if known else "")
    # A check of a whole group says itself what it got; the group may be long.
    told = item["type"] == "missing" or (item["type"] == "value_error" and isinstance(item["input"], dict))
    got = "" if told else f" (got {item['input']!r})"
    return f"{field}: {item['msg']}{got}"


def _fields_at(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    for part in loc:
        field = model.model_fields.get(str(part))
        kind = field.annotation if field else None
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return []
        model = kind
    return list(model.model_fields)
