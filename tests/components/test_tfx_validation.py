"""Tests of components/tfx_validation.py."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from components import tfx_validation


def specs_of_tfx() -> dict[str, dict[str, set[str]]]:
    """PARAMETERS, INPUTS and OUTPUTS of TFX's own specs; read, because importing them takes TensorFlow."""
    (folder,) = importlib.util.find_spec("tfx").submodule_search_locations
    tree = ast.parse((Path(folder) / "types" / "standard_component_specs.py").read_text())
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    return {
        node.name: {
            item.targets[0].id: {
                constants[key.id] if isinstance(key, ast.Name) else key.value for key in item.value.keys
            }
            for item in node.body
            if isinstance(item, ast.Assign) and isinstance(item.value, ast.Dict)
        }
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


@pytest.mark.parametrize("name", ["StatisticsGen", "SchemaGen", "ImportSchemaGen", "ExampleValidator"])
def test_names_are_those_that_tfxs_executors_read(name: str) -> None:
    """An executor reads its parameters with ``get``: one of another name would be ignored in silence."""
    ours, theirs = getattr(tfx_validation, name).SPEC_CLASS, specs_of_tfx()[f"{name}Spec"]
    assert set(ours.INPUTS) <= theirs["INPUTS"]
    assert set(ours.OUTPUTS) == theirs["OUTPUTS"]
    assert set(ours.PARAMETERS) - theirs["PARAMETERS"] <= {"releases", "schema_digest"}
    module = getattr(tfx_validation, name).EXECUTOR_SPEC.class_path.rpartition(".")[0]
    (folder,) = importlib.util.find_spec("tfx").submodule_search_locations
    assert (Path(folder).parent / module.replace(".", "/")).with_suffix(".py").is_file()
