"""What a person typed into a form: texts in, a checked configuration out, errors beside their fields."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from dashboard.masking import HIDDEN
from dashboard.services.config_form import FormField, config_form
from dashboard.services.safe_yaml import read_yaml
from noria.config_fields import config_fields
from noria.errors import ConfigError, NoriaError
from noria.typed_config import TypedConfig, load_config
from pipelines.registry import LoadedPipeline

NO_FIELD = ""


@dataclass(frozen=True)
class Checked:
    """A configuration, or what is wrong with it by field (``NO_FIELD``: with all of it)."""

    config: TypedConfig | None
    errors: dict[str, str]


def default_tree(loaded: LoadedPipeline) -> dict[str, Any]:
    """The pipeline's default configuration as JSON values; incomplete where fields have to be given."""
    try:
        return load_config(loaded.config_type, loaded.entry.default_config).model_dump(mode="json")
    except ConfigError:
        path = loaded.entry.default_config
        return read_yaml(path.read_text(encoding="utf-8")) if path else {}


def whole_tree(loaded: LoadedPipeline, tree: dict[str, Any]) -> dict[str, Any]:
    """A kept configuration with all its settings; as it is where it fits no more."""
    try:
        return loaded.config_type.model_validate(tree).model_dump(mode="json")
    except ValidationError:
        return tree


def written_tree(loaded: LoadedPipeline) -> dict[str, Any]:
    """The default configuration as it is written: only what differs from the model's own defaults.

    A pipeline hands some settings down to its steps; where they are left out they follow a change.
    """
    path = loaded.entry.default_config
    return read_yaml(path.read_text(encoding="utf-8")) if path else default_tree(loaded)


def read_form(
    model: type[BaseModel],
    typed: Mapping[str, str],
    base: Mapping[str, Any],
    shown: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], dict[str, str]]:
    """Turns what was typed into a tree of values; fields that were not sent or changed keep the base's.

    Args:
        model: The configuration class.
        typed: Text by field.
        base: The tree that changes are put into; may leave out what ``shown`` has.
        shown: The complete tree that the form was made of; None: the base.

    Returns:
        The tree, and what could not be read, by field.
    """
    tree: dict[str, Any] = deepcopy(dict(base))
    errors: dict[str, str] = {}
    known = base if shown is None else shown
    for field in config_form(model, known, known).every:
        text = typed.get(field.path)
        # A secret is never sent to the browser; what comes back in its place stands for itself.
        if text is None or text == HIDDEN:
            continue
        if shown is not None and text.replace("\r\n", "\n") == field.value:
            continue
        try:
            _put(tree, field.path, _value(field, text.replace("\r\n", "\n")))
        except NoriaError as error:
            errors[field.path] = error.message
    return tree, errors


def check_config(loaded: LoadedPipeline, tree: Mapping[str, Any]) -> Checked:
    """Validates a tree and lets the pipeline look at it."""
    paths = [field.path for field in config_fields(loaded.config_type)]
    try:
        config = loaded.config_type.model_validate(tree)
        loaded.check(config)
    except ValidationError as error:
        errors: dict[str, str] = {}
        for item in error.errors():
            where, message = _place(paths, item["loc"]), str(item["msg"]).removeprefix("Value error, ")
            if where == NO_FIELD and item["loc"]:
                message = f"{'.'.join(map(str, item['loc']))}: {message}"
            errors[where] = f"{errors[where]}; {message}" if where in errors else message
        return Checked(None, errors)
    except NoriaError as error:
        named = error.message.partition(":")[0]
        return Checked(None, {named if named in paths else NO_FIELD: str(error)})
    return Checked(config, {})


def unmasked(tree: Any, stored: Any) -> Any:
    """Puts back what was hidden from the person who edited a configuration.

    Raises:
        ConfigError: Something is hidden that the stored configuration does not have at that place.
    """
    if isinstance(tree, dict):
        old = stored if isinstance(stored, dict) else {}
        return {key: unmasked(value, old.get(key)) for key, value in tree.items()}
    if isinstance(tree, list):
        known = stored if isinstance(stored, list) else []
        return [unmasked(v, known[i] if i < len(known) else None) for i, v in enumerate(tree)]
    if tree != HIDDEN:
        return tree
    if stored is None:
        raise ConfigError(f"a value is {HIDDEN}, and there is none to put in its place: write it out")
    return stored


def _value(field: FormField, text: str) -> Any:
    if field.kind in ("text", "secret", "choice"):
        return None if field.nullable and not text else text
    if not text.strip() and (field.nullable or field.kind == "yaml"):
        return None
    if field.kind == "flag":
        return text == "true"
    if field.kind in ("integer", "number"):
        return _number(field, text.strip())
    return read_yaml(text, mapping=False)


def _number(field: FormField, text: str) -> int | float:
    try:
        return int(text) if field.kind == "integer" else float(text)
    except ValueError:
        expected = "a whole number" if field.kind == "integer" else "a number"
        raise ConfigError(
            f"expected {expected}, got {text[:40]!r}" if text else f"expected {expected}"
        ) from None


def _put(tree: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        if not isinstance(tree.get(parent), dict):
            tree[parent] = {}
        tree = tree[parent]
    tree[last] = value


def _place(paths: list[str], loc: tuple[int | str, ...]) -> str:
    """The field that an error belongs to: the longest beginning of its place that is one."""
    for length in range(len(loc), 0, -1):
        if (path := ".".join(map(str, loc[:length]))) in paths:
            return path
    return NO_FIELD


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """A tree with another's values put over it, group by group."""
    tree = deepcopy(dict(below))
    for name, value in above.items():
        inner = tree.get(name)
        tree[name] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return tree
