"""A form out of a typed configuration: one field per setting, with its type, limits, default and help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from dashboard.masking import HIDDEN, looks_secret
from noria.config_fields import config_fields
from pipelines.shared_settings import is_handed_down

#: Letters of a type that fit beside a field's name.
_SHORT = 60

Kind = Literal["text", "secret", "integer", "number", "flag", "choice", "scalar", "yaml"]


@dataclass(frozen=True)
class FormField:
    """One setting.

    Attributes:
        path: What ``--set`` takes, e.g. ``training.epochs``.
        kind: Which control it gets. scalar: one line of YAML, e.g. a duration; yaml: several lines.
        value: What the control shows.
        default: What the pipeline's default configuration has, as text; None: a value has to be given.
        type: Type and limits in words.
        nullable: Whether an empty control stands for null.
        limits: HTML's min, max and step.
        changed: The value is not the default.
    """

    path: str
    kind: Kind
    value: str
    default: str | None
    type: str
    help: str
    nullable: bool = False
    choices: tuple[str, ...] = ()
    limits: tuple[tuple[str, str], ...] = ()
    error: str = ""
    changed: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class FormGroup:
    """The settings of one model within the configuration."""

    path: str
    help: str
    fields: tuple[FormField, ...]
    groups: tuple[FormGroup, ...]

    @property
    def title(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def every(self) -> Iterator[FormField]:
        """Its fields and those of the groups within."""
        yield from self.fields
        for group in self.groups:
            yield from group.every

    @property
    def errors(self) -> int:
        """How many of them are wrong."""
        return sum(bool(field.error) for field in self.every)

    @property
    def changed(self) -> int:
        """How many of them are not the default."""
        return sum(field.changed for field in self.every)


def config_form(
    model: type[BaseModel],
    tree: Mapping[str, Any],
    defaults: Mapping[str, Any],
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> FormGroup:
    """The form of a configuration; settings that steps get of their pipeline are left to the pipeline.

    Args:
        model: The pipeline's configuration class.
        tree: The values to show.
        defaults: The values that fields are compared with.
        errors: What is wrong, by field.
        typed: What a person typed, by field: shown as it is, even where it is no value.
    """
    own = [field for field in config_fields(model) if not is_handed_down(model, field.path)]
    words = {field.path: field.kind for field in own}
    return _group(model, "", "", tree, defaults, errors or {}, typed or {}, words)


def yaml_text(tree: Mapping[str, Any]) -> str:
    """A configuration as a person writes it."""
    return yaml.safe_dump(dict(tree), sort_keys=False, allow_unicode=True, width=100)


def _group(
    model: type[BaseModel],
    path: str,
    help: str,
    tree: Mapping[str, Any],
    defaults: Mapping[str, Any],
    errors: Mapping[str, str],
    typed: Mapping[str, str],
    words: Mapping[str, str],
) -> FormGroup:
    fields, groups = [], []
    for name, info in model.model_fields.items():
        inner, here = info.annotation, f"{path}.{name}" if path else name
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            group = _group(
                inner,
                here,
                info.description or inner.__doc__ or "",
                _mapping(tree.get(name)),
                _mapping(defaults.get(name)),
                errors,
                typed,
                words,
            )
            groups += [group] if group.fields or group.groups else []
            continue
        if here not in words:
            continue
        field = _field(here, info, words[here])
        default = _text(field, defaults[name]) if name in defaults else None
        value = _text(field, tree[name]) if name in tree else default or ""
        shown = typed.get(here, value)
        if field.kind == "secret" and shown:
            shown = HIDDEN
        fields.append(
            replace(
                field,
                value=shown,
                default=HIDDEN if field.kind == "secret" and default else default,
                error=errors.get(here, ""),
                changed=(typed.get(here, value)) != (default or ""),
            )
        )
    return FormGroup(path, help, tuple(fields), tuple(groups))


def _field(path: str, info: FieldInfo, words: str) -> FormField:
    annotation, metadata, nullable = _plain(info.annotation, list(info.metadata))
    kind: Kind = "yaml"
    choices: tuple[str, ...] = ()
    if get_origin(annotation) is Literal:
        kind, choices = "choice", tuple(map(str, get_args(annotation)))
    elif any(isinstance(item, BeforeValidator) for item in metadata):
        # Written in other words than its type says, e.g. 7d for seconds.
        kind = "scalar"
    elif annotation is bool:
        kind = "scalar" if nullable else "flag"
    elif annotation in (int, float):
        kind = "integer" if annotation is int else "number"
    elif annotation in (str, Path):
        kind = "secret" if looks_secret(path.rpartition(".")[2]) else "text"
    limits = _limits(kind, metadata)
    # The keys of long mappings are seen in the value, or told by --describe.
    if any(isinstance(item, BeforeValidator) for item in metadata):
        words = "duration, e.g. 7d or 12h"
    elif len(words) > _SHORT:
        words = "list or mapping, as YAML"
    return FormField(path, kind, "", None, words, info.description or "", nullable, choices, limits)


def _plain(annotation: Any, metadata: list[Any]) -> tuple[Any, list[Any], bool]:
    """The type within Annotated and ``| None``, the metadata on the way, and whether null is allowed."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _plain(inner, [*metadata, *more])
    if get_origin(annotation) in (Union, UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            found, more, _ = _plain(rest[0], metadata)
            return found, more, True
    return annotation, metadata, False


def _limits(kind: Kind, metadata: list[Any]) -> tuple[tuple[str, str], ...]:
    if kind not in ("integer", "number"):
        return ()
    # A browser knows no "greater than": for whole numbers the next one, else the server says it.
    found = {"step": "1" if kind == "integer" else "any"}
    for item in metadata:
        nested = getattr(item, "metadata", None) or [item]
        for limit in nested:
            for attribute, name, next_one in (
                ("ge", "min", 0),
                ("gt", "min", 1),
                ("le", "max", 0),
                ("lt", "max", -1),
            ):
                value = getattr(limit, attribute, None)
                if value is not None:
                    found[name] = str(value + next_one if kind == "integer" else value)
    return tuple(found.items())


def _text(field: FormField, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if field.kind == "yaml":
        return yaml_block(value)
    return str(value)


def yaml_block(value: Any) -> str:
    """A list or mapping as lines of YAML; short ones on one line."""
    short = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000).strip()
    short = short.removesuffix("...").strip()
    return short if len(short) <= 60 else yaml.safe_dump(value, sort_keys=False, width=100).strip()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
