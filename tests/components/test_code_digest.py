"""A step's code digest: follows first-party imports by reading, never by importing."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from components import code_digest as module
from components.code_digest import code_digest


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "toy_steps"
    (folder / "deep").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "executor.py").write_text("from toy_steps.deep import work\nfrom toy_steps.table import f\n")
    (folder / "table.py").write_text("raise RuntimeError('a digest must not import')\n")
    (folder / "deep" / "__init__.py").write_text("")
    (folder / "deep" / "work.py").write_text("x = 1\n")
    (folder / "deep" / "unrelated.py").write_text("y = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def fresh_digest() -> str:
    module._source.cache_clear()
    code_digest.cache_clear()
    return code_digest("toy_steps.executor.Executor")


def test_a_module_imported_from_a_package_counts(package: Path) -> None:
    before = fresh_digest()
    (package / "deep" / "work.py").write_text("x = 2\n")
    assert fresh_digest() != before


def test_a_module_that_is_not_imported_does_not(package: Path) -> None:
    before = fresh_digest()
    (package / "deep" / "unrelated.py").write_text("y = 2\n")
    assert fresh_digest() == before


def test_what_is_served_counts_although_it_is_only_copied() -> None:
    seen: dict[str, str] = {}
    module._collect("components.model_promotion.executor", seen)
    assert "components.model_promotion.served_model" in seen


def test_digests_import_no_framework() -> None:
    code = (
        "import sys; from components.code_digest import code_digest\n"
        "code_digest('components.tflite_export.executor.Executor')\n"
        "code_digest('components.model_promotion.executor.Executor')\n"
        "print([m for m in ('tensorflow', 'mlflow', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_threads_parse_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # Python 3.11 may refuse what two threads parse at once, with a SystemError.
    inside, most, parse = 0, 0, ast.parse

    def slowly(source: str) -> ast.Module:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.001)
        inside -= 1
        return parse(source)

    monkeypatch.setattr("components.code_digest.ast.parse", slowly)
    steps = ["graph_ingest", "graph_validation", "tflite_export", "policy_training"]
    with ThreadPoolExecutor(4) as threads:
        paths = [f"components.{step}.executor.Executor" for step in steps]
        digests = list(threads.map(code_digest.__wrapped__, paths))
    assert len(set(digests)) == 4
    assert most == 1
