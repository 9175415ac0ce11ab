"""Every field of a typed configuration, for people: path, type, limits, default, what it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from noria.typed_config import FILLED_IN


@dataclass(frozen=True)
class ConfigField:
    """One field; ``path`` is what ``--set`` takes, ``default`` is None where one has to be given."""

    path: str
    kind: str
    default: str | None
    description: str


def config_fields(model: type[BaseModel], prefix: str = "") -> Iterator[ConfigField]:
    """The fields of a model and of the models within it, in their order; those that are filled in are not."""
    for name, info in model.model_fields.items():
        if info.json_schema_extra == FILLED_IN:
            continue
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from config_fields(inner, f"{prefix}{name}.")
        else:
            yield ConfigField(prefix + name, _kind(info), _default(info), info.description or "")


def _kind(info: FieldInfo) -> str:
    return ", ".join([_type_name(info.annotation), *_limits(info.metadata)])


def _limits(metadata: Iterable[Any]) -> list[str]:
    found = []
    for limit in metadata:
        if isinstance(limit, FieldInfo):
            found += _limits(limit.metadata)
        for attribute, sign in (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<=")):
            if getattr(limit, attribute, None) is not None:
                found.append(f"{sign} {getattr(limit, attribute)}")
    return found


def _type_name(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is None or annotation is type(None):
        return "null"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "{" + ", ".join(_keys(annotation)) + "}"
    if origin is None:
        return str(getattr(annotation, "__name__", annotation))
    if str(origin) == "typing.Literal":
        return " | ".join(str(value) for value in arguments)
    if origin is Annotated:
        return " ".join([_type_name(arguments[0]), *_limits(arguments[1:])])
    if origin in (list, tuple):
        return f"list of {_type_name(arguments[0])}"
    if origin is dict:
        return f"mapping from {_type_name(arguments[0])} to {_type_name(arguments[1])}"
    return " | ".join(_type_name(argument) for argument in arguments)


def _keys(model: type[BaseModel]) -> Iterator[str]:
    """The names of its fields; where only one value will do, as in ``kind: minimum``, with that."""
    for name, info in model.model_fields.items():
        choices = get_args(info.annotation) if str(get_origin(info.annotation)) == "typing.Literal" else ()
        yield f"{name}: {choices[0]}" if len(choices) == 1 else name


def _default(info: FieldInfo) -> str | None:
    if info.is_required():
        return None
    value = info.get_default(call_default_factory=True)
    value = _stated(value)
    return "" if value is PydanticUndefined else repr(value) if isinstance(value, str) else str(value)


def _stated(value: Any) -> Any:
    """Models as mappings of what was stated in them: a list of ten with all their defaults is not read."""
    if isinstance(value, BaseModel):
        stated = [name for name in type(value).model_fields if name in value.model_fields_set]
        return {name: _stated(getattr(value, name)) for name in stated}
    return tuple(map(_stated, value)) if isinstance(value, tuple) else value
