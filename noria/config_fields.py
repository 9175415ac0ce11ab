"""Every field of a typed configuration, for people: path, type, limits, default, what it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined


@dataclass(frozen=True)
class ConfigField:
    """One field; ``path`` is what ``--set`` takes, ``default`` is None where one has to be given."""

    path: str
    kind: str
    default: str | None
    description: str


def config_fields(model: type[BaseModel], prefix: str = "") -> Iterator[ConfigField]:
    """The fields of a model and of the models within it, in their order."""
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from config_fields(inner, f"{prefix}{name}.")
        else:
            yield ConfigField(prefix + name, _kind(info), _default(info), info.description or "")


def _kind(info: FieldInfo) -> str:
    limits = [
        f"{sign} {getattr(limit, attribute)}"
        for limit in info.metadata
        for attribute, sign in (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="))
        if getattr(limit, attribute, None) is not None
    ]
    return ", ".join([_type_name(info.annotation), *limits])


def _type_name(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is None or annotation is type(None):
        return "null"
    if origin is None:
        return str(getattr(annotation, "__name__", annotation))
    if str(origin) == "typing.Literal":
        return " | ".join(str(value) for value in arguments)
    if str(origin) == "typing.Annotated":
        return _type_name(arguments[0])
    if origin in (list, tuple):
        return f"list of {_type_name(arguments[0])}"
    if origin is dict:
        return f"mapping from {_type_name(arguments[0])} to {_type_name(arguments[1])}"
    return " | ".join(_type_name(argument) for argument in arguments)


def _default(info: FieldInfo) -> str | None:
    if info.is_required():
        return None
    value = info.get_default(call_default_factory=True)
    return "" if value is PydanticUndefined else repr(value) if isinstance(value, str) else str(value)
