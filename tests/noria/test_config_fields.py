"""Configurations described for people."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from noria.config_fields import ConfigField, config_fields
from noria.typed_config import FILLED_IN, TypedConfig
from pipelines.graph import GraphConfig


class Inner(TypedConfig):
    size: int = Field(3, gt=0, description="How large.")
    names: list[str] = Field(default_factory=list, description="Which.")
    widths: tuple[PositiveInt, ...] = Field((8,), description="Of layers.")
    rates: tuple[Annotated[float, Field(ge=0, lt=1)], ...] = Field((), description="Of dropout.")


class Outer(TypedConfig):
    inner: Inner = Field(default_factory=Inner, description="The inner one.")
    kind: Literal["a", "b"] = Field(description="Which kind.")
    share: float | None = Field(None, ge=0, le=1, description="How much.")


def test_every_field_with_path_kind_and_default() -> None:
    assert list(config_fields(Outer)) == [
        ConfigField("inner.size", "int, > 0", "3", "How large."),
        ConfigField("inner.names", "list of str", "[]", "Which."),
        ConfigField("inner.widths", "list of int > 0", "(8,)", "Of layers."),
        ConfigField("inner.rates", "list of float >= 0 < 1", "()", "Of dropout."),
        ConfigField("kind", "a | b", None, "Which kind."),
        ConfigField("share", "float | null, >= 0, <= 1", "None", "How much."),
    ]


def test_every_field_of_the_graph_pipeline_says_what_it_does() -> None:
    fields = list(config_fields(GraphConfig))
    assert {"source.kind", "task.label", "sampling.mode", "training.model.name"} <= {f.path for f in fields}
    assert [field.path for field in fields if not field.description] == []


class Several(TypedConfig):
    inners: tuple[Inner, ...] = Field((Inner(size=4), Inner()), description="Several.")


def test_defaults_within_a_list_show_what_was_stated() -> None:
    assert [field.default for field in config_fields(Several)] == ["({'size': 4}, {})"]


class OneOfTwo(TypedConfig):
    kind: Literal["one"] = Field("one", description="Which.")
    value: int = Field(description="How much.")


class Listed(TypedConfig):
    either: tuple[OneOfTwo | Inner, ...] = Field(description="Some.")
    digest: str = Field("", description="Of the source.", json_schema_extra=FILLED_IN)


def test_mappings_are_told_by_their_keys_and_what_is_filled_in_not_at_all() -> None:
    assert [(field.path, field.kind) for field in config_fields(Listed)] == [
        ("either", "list of {kind: one, value} | {size, names, widths, rates}")
    ]
