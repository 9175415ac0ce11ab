"""What can be known of the container image without building it; `make image` builds and checks it."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.lock_file import ROOT

IMAGE = ROOT / "infra" / "image"
DOCKERFILE = (IMAGE / "Dockerfile").read_text(encoding="utf-8")


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, IMAGE / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("script", sorted(IMAGE.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_can_be_started(script: Path) -> None:
    assert script.stat().st_mode & 0o111


def test_unknown_variant_is_refused() -> None:
    done = subprocess.run([IMAGE / "build.sh", "tpu"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no variant tpu; there are steps, gpu, mlflow-server" in done.stderr


def test_context_holds_every_package_and_nothing_else_of_the_repository() -> None:
    """What setup.py packages is copied; a new folder must be named in .dockerignore."""
    packages = set(re.findall(r'"(\w+)\*"', (ROOT / "setup.py").read_text(encoding="utf-8")))
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert lines[1] == "*"
    files = {"pyproject.toml", "setup.py", "uv.lock", "README.md"}
    assert allowed == packages | files | {"configs", "data", "infra", "infra/image"}
    assert all((ROOT / name).exists() for name in allowed)


def test_base_is_pinned_and_last_stage_is_the_steps() -> None:
    [base] = re.findall(r"^ARG BASE_IMAGE=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"\S+:bookworm-\d{8}-slim(@sha256:[0-9a-f]{64})?", base)
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.MULTILINE)
    assert stages[-1] == ("python", "steps")
    assert ("python", "mlflow-server") in stages


def test_images_start_as_a_numbered_user_who_is_not_root() -> None:
    """Kubernetes' runAsNonRoot takes numbers only."""
    for stage in ("mlflow-server", "steps"):
        text = DOCKERFILE.split(f" AS {stage}\n")[1].split("\nFROM ")[0]
        assert re.findall(r"^USER (.*)$", text, re.MULTILINE) == ["1000:1000"]
        assert "HEALTHCHECK" in text


def test_health_check_names_a_module_that_exists() -> None:
    [module] = re.findall(r'"-m", "([\w.]+)", "--check"', DOCKERFILE)
    assert importlib.util.find_spec(module) is not None
