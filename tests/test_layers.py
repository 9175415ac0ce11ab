"""Imports go down only, and nothing heavy is loaded until a step works.

1. cli -> dashboard -> orchestration -> pipelines -> components -> noria: a module imports its own layer or
   lower ones.
2. What defines, starts and shows a pipeline is light: from cli, orchestration, pipelines, and from every
   component's ``component.py`` and ``config.py``, no chain of module-level imports leads to a framework.
   (Imports inside functions are free; so are executors and the modules that only they import.)
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("noria", "components", "pipelines", "orchestration", "dashboard", "cli")
HEAVY = {
    *("tensorflow", "tensorflow_gnn", "tf_keras", "keras", "apache_beam", "tfx_bsl", "mlflow", "kfp"),
    *("pandas", "sklearn", "scipy", "matplotlib", "ai_edge_litert", "ydf", "temporian"),
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))}


def imports(path: Path, module_level: bool) -> set[str]:
    """Dotted names that a module imports, ``from a import b`` as both ``a`` and ``a.b``."""
    found: set[str] = set()
    for node in _statements(ast.parse(path.read_text(encoding="utf-8")), module_level):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _statements(tree: ast.AST, module_level: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if module_level and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _statements(node, module_level)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module):
    allowed = LAYERS[: LAYERS.index(module.split(".")[0]) + 1]
    for name in imports(MODULES[module], module_level=False):
        layer = name.split(".")[0]
        assert layer not in LAYERS or layer in allowed, f"{module} imports {name}, which lies above it"


def light_roots() -> list[str]:
    return [
        module
        for module in MODULES
        if module.split(".")[0] in ("cli", "orchestration", "pipelines")
        or module.split(".")[-1] in ("component", "config")
    ]


@pytest.mark.parametrize("root", light_roots())
def test_no_way_to_a_framework(root):
    waiting, reached = [root], {root: root}
    while waiting:
        module = waiting.pop()
        for name in imports(MODULES[module], module_level=True):
            way = f"{reached[module]} -> {name}"
            assert name.split(".")[0] not in HEAVY, way
            if name in MODULES and name not in reached:
                reached[name] = way
                waiting.append(name)


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("cli.main", {*HEAVY, "tfx", "ml_metadata", "numpy", "grpc", "pydantic"}),
        ("orchestration.run_catalog", {*HEAVY, "tfx", "ml_metadata", "numpy", "grpc"}),
        ("orchestration.run_pipeline", HEAVY),
        ("pipelines.graph", HEAVY),
        ("components.artifacts", HEAVY),
    ],
)
def test_what_importing_really_loads(module, unwanted):
    probe = (
        f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules if sys.modules[name]}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert unwanted & set(done.stdout.split()) == set()
