"""A browser that is logged in to a real dashboard, over a home folder with finished runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from components.device_lab.web_runtime import install
from noria.errors import NoriaError
from tests.dashboard.browser.dashboard_server import ROOT, Dashboard, dashboard, variables

# A run is a new process, which takes seconds to start on a busy machine.
expect.set_options(timeout=120_000)

SMALL = ROOT / "tests" / "data" / "board-game-small.yaml"
# So few updates that a person beats it.
PLAYER = [
    *("run", "board_game", "--config", str(SMALL), "--set", "game=tic_tac_toe"),
    *("--set", "training.updates=2", "--set", "training.games=16"),
    *("--set", "promotion.gates=[{kind: maximum, metric: tflite_losses, value: 100000}]"),
]


def noria(home: Path, *arguments: str) -> str:
    """The command line on a home folder."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables(home)},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of a player of tic-tac-toe, the second the champion; two runs of the toy pipeline."""
    folder = tmp_path_factory.mktemp("dashboard") / "home"
    noria(folder, *PLAYER)
    noria(folder, *PLAYER, "--again", "model_promotion")
    for factor in ("1", "3"):
        settings = ("--set", f"square.factor={factor}", "--set", "square.epochs=4")
        noria(folder, "run", "toy", *settings)
    return folder


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[Dashboard]:
    """The dashboard, with everything that it starts beside itself."""
    with dashboard(home) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not on the path (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def npm_packages() -> Path:
    """``node_modules`` with LiteRT's web runtime and axe-core."""
    try:
        return install() / "node_modules"
    except NoriaError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def context(browser: Browser, server: Dashboard) -> Iterator[BrowserContext]:
    """Logged in through the form, as Ada."""
    opened = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 900})
    page = opened.new_page()
    page.goto("/login")
    page.get_by_label("Token").fill(server.token)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{server.url}/")
    page.close()
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page; the test fails where a script of it failed, or where the policy kept something from loading."""
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "console",
        lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None,
    )
    opened.set_default_timeout(120_000)
    yield opened
    opened.close()
    assert not problems
