"""A server to ask, and the toy pipeline to run on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from noria.home import Home
from orchestration.targets import KubeflowTarget
from tests.orchestration.kubeflow.kfp_api import KfpApi

# Nothing listens on that port.
NO_MLFLOW = "http://127.0.0.1:9"


@pytest.fixture
def api() -> Iterator[KfpApi]:
    """A server on a free port."""
    server = KfpApi()
    yield server
    server.close()


@pytest.fixture
def place(api: KfpApi) -> Callable[..., KubeflowTarget]:
    """Makes a target of that server."""

    def make(**fields: Any) -> KubeflowTarget:
        given = {"kind": "kubeflow", "host": api.host, "image": "noria:dev", "tracking": {"uri": NO_MLFLOW}}
        return KubeflowTarget(**given | fields)

    return make


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home folder."""
    return Home(tmp_path / "home")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The toy pipeline, loaded."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    from toy.pipeline import PIPELINE

    return PIPELINE.load()
