"""Configurations described for people."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from noria.config_fields import ConfigField, config_fields
from noria.typed_config import TypedConfig
from pipelines.graph import GraphConfig


class Inner(TypedConfig):
    size: int = Field(3, gt=0, description="How large.")
    names: list[str] = Field(default_factory=list, description="Which.")


class Outer(TypedConfig):
    inner: Inner = Field(default_factory=Inner, description="The inner one.")
    kind: Literal["a", "b"] = Field(description="Which kind.")
    share: float | None = Field(None, ge=0, le=1, description="How much.")


def test_every_field_with_path_kind_and_default() -> None:
    assert list(config_fields(Outer)) == [
        ConfigField("inner.size", "int, > 0", "3", "How large."),
        ConfigField("inner.names", "list of str", "[]", "Which."),
        ConfigField("kind", "a | b", None, "Which kind."),
        ConfigField("share", "float | null, >= 0, <= 1", "None", "How much."),
    ]


def test_every_field_of_the_graph_pipeline_says_what_it_does() -> None:
    fields = list(config_fields(GraphConfig))
    assert {"source.kind", "task.label", "sampling.mode", "training.model.name"} <= {f.path for f in fields}
    assert [field.path for field in fields if not field.description] == []
