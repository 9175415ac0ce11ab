"""Errors of configurations: each told once, with where the value came from."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field

from noria.errors import ConfigError
from noria.typed_config import TypedConfig, load_config, parse_config


class Step(TypedConfig):
    size: int = Field(1, description="How large.")


class Whole(TypedConfig):
    size: int = Field(1, description="How large; the step is given it.")
    step: Step = Field(default_factory=Step, description="The step.")


@pytest.mark.parametrize(
    ("tree", "lines"),
    [
        # Handed down by the pipeline: the same mistake.
        ({"size": "x", "step": {"size": "x"}}, ["size"]),
        ({"step": {"size": "x"}}, ["step.size"]),
        ({"size": "x", "step": {"size": "y"}}, ["size", "step.size"]),
    ],
)
def test_a_mistake_is_told_once(tree: dict[str, Any], lines: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(Whole, tree, origin="here")
    assert [line.split(":")[0].strip() for line in str(caught.value).splitlines()[1:]] == lines


def test_an_override_is_named(tmp_path: Any) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("size: 2\n")
    with pytest.raises(ConfigError, match=r"a\.yaml --set step\.size=x does not fit Whole"):
        load_config(Whole, path, ["step.size=x"])
