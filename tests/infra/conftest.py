"""Rendering of the overlays, with a local stub in place of the remote base of Kubeflow Pipelines."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
STUB = Path(__file__).parent / "kfp_stub"
KUBECTL = Path(sys.executable).with_name("kubectl")
REMOTE = re.compile(r"github\.com/kubeflow/pipelines/manifests/kustomize/(\S+)\?ref=(\S+)")
Document = dict[str, Any]


def render(folder: Path) -> list[Document]:
    """What ``kubectl kustomize`` makes of a folder."""
    done = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of infra/kustomize whose remote bases are the stub."""
    folder = tmp_path_factory.mktemp("infra")
    copy = folder / "kustomize"
    shutil.copytree(ROOT / "infra/kustomize", copy)
    shutil.copytree(STUB, folder / "stub")
    stubs = {"cluster-scoped-resources": "cluster-scoped", "env/platform-agnostic": "env"}
    for path in copy.rglob("kustomization.yaml"):
        here = os.path.relpath(folder / "stub", path.parent)
        path.write_text(REMOTE.sub(lambda m, here=here: f"{here}/{stubs[m[1]]}", path.read_text()))
    return copy


@pytest.fixture(scope="session", params=["kind", "cloud"])
def overlay(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def renders(tree: Path) -> dict[str, list[Document]]:
    """Each overlay's documents, KFP's stub among them."""
    return {name: render(tree / "overlays" / name) for name in ("kind", "cloud")}


@pytest.fixture(scope="session")
def documents(renders: dict[str, list[Document]], overlay: str) -> list[Document]:
    """One overlay's documents."""
    return renders[overlay]
