"""What a step's code was: a digest over its executor and every first-party module that it imports."""

from __future__ import annotations

import ast
import importlib.util
import threading
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from noria.digests import text_digest
from noria.errors import NoriaError

_ROOTS = ("components", "noria")
# A different release of these may train or convert differently from the same code.
_RELEASES = ("tensorflow", "tensorflow-gnn", "numpy", "scikit-learn", "ai-edge-litert", "ydf")
# Python 3.11 counts the depth of a syntax tree for all threads together, and refuses what two threads parse
# at once (SystemError: AST constructor recursion depth mismatch; python/cpython issue 106905).
_PARSING = threading.Lock()


@cache
def code_digest(class_path: str) -> str:
    """Digest of the module that holds ``class_path`` and of its first-party imports, however deep.

    Raises:
        NoriaError: The executor is defined in the script that was started.
    """
    module = class_path.rpartition(".")[0]
    if module == "__main__":
        raise NoriaError(
            f"executor {class_path} is defined in the script that was started, where neither a step's own "
            "process nor a pod can import it",
            hint="move the component to a module of a package; for a pod, of one that the image contains",
        )
    seen: dict[str, str] = {}
    _collect(module, seen)
    releases = [f"{name}={_release(name)}" for name in _RELEASES]
    return text_digest(*(part for item in sorted(seen.items()) for part in item), *releases)


def _collect(module: str, seen: dict[str, str]) -> None:
    path = _source(module)
    if module in seen or path is None:
        return
    source = path.read_text(encoding="utf-8")
    seen[module] = source
    with _PARSING:
        tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # `from package import module` names a module that only the second form finds.
            source_module = _absolute(node, module, path)
            names = [source_module, *(f"{source_module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            if name.split(".")[0] in _ROOTS or name.split(".")[0] == module.split(".")[0]:
                _collect(name, seen)


def _absolute(node: ast.ImportFrom, module: str, path: Path) -> str:
    """The module that an import names, `from . import x` resolved against the importing module."""
    if node.level == 0:
        return node.module or ""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    base = package[: len(package) - (node.level - 1)]
    return ".".join([*base, node.module] if node.module else base)


@cache
def _source(module: str) -> Path | None:
    # Only the root goes through the import system: finding `a.b.c` there would import `a.b`, and with it
    # TensorFlow when a pipeline is merely defined.
    root, *inner = module.split(".")
    spec = importlib.util.find_spec(root)
    if spec is None or (inner and not spec.submodule_search_locations):
        return None
    if not inner and spec.origin is not None:
        return Path(spec.origin) if spec.origin.endswith(".py") else None
    for folder in spec.submodule_search_locations or ():
        path = Path(folder).joinpath(*inner)
        for candidate in (path / "__init__.py", path.with_name(f"{path.name}.py")):
            if candidate.is_file():
                return candidate
    return None


@cache
def _release(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"
