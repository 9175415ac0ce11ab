"""Pictures of the dashboard's pages for the README and docs, out of the runs of a home folder.

    python -m benchmarks.dashboard_pictures HOME docs/pictures

Starts the dashboard on a free port, opens each page with Chromium, writes ``dashboard_<page>.png``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from noria.errors import NoriaError
from noria.home import Home
from orchestration.run_catalog import all_runs

WIDTH, HEIGHT = 1200, 800


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Runs ``noria dashboard`` for the block; gives its address."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "settings.yaml"
        # Nothing is launched for a picture, and nobody has to log in to a port that lives for a minute.
        told = {"home": str(home), "port": 0, "auth": "none", "scheduler": False}
        settings.write_text(json.dumps(told))
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "dashboard", "--settings", str(settings)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NORIA_HOME": str(home)},
        )
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            if not found:
                raise NoriaError("the dashboard did not start", hint="look at what it printed above")
            yield found.group()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def pages(home: Path) -> dict[str, str]:
    """Address by the picture's name; pages that need runs only where there are some."""
    runs = [run for run in all_runs(Home(home)) if run.state == "succeeded"]
    found = {"overview": "/", "models": "/models", "play": "/play"}
    if runs:
        # The one with the most to show: it trained something, and its steps are not all from the cache.
        shown = max(runs, key=lambda run: sum(step.seconds or 0 for step in run.steps if not step.cached))
        found |= {"run": f"/runs/{shown.id}", "start": f"/start/{shown.pipeline}?from={shown.id}"}
        same = [run.id for run in runs if run.pipeline == shown.pipeline][:3]
        if len(same) > 1:
            found["compare"] = "/compare?" + "&".join(f"run={name}" for name in same)
    return found


def take(url: str, addresses: dict[str, str], folder: Path, scheme: Any) -> list[Path]:
    """Takes a picture of the top of every page."""
    from playwright.sync_api import sync_playwright

    if not (program := shutil.which("chromium")):
        raise NoriaError("chromium is not on the path", hint="on Debian: apt install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
        for name, address in addresses.items():
            page.goto(url + address, wait_until="load")
            if name == "play" and page.locator("#play-table").count():
                page.wait_for_selector("#play-table[data-ready]")
                page.locator("#play-table").scroll_into_view_if_needed()
                for _ in range(2):
                    page.locator("#board-theirs [aria-disabled=false]").nth(4).click()
                    page.wait_for_timeout(300)
            # Champions of the overview are looked up in the background.
            page.wait_for_timeout(3000 if name == "overview" else 500)
            if name == "overview":
                page.reload(wait_until="load")
            path = folder / f"dashboard_{name}.png"
            page.screenshot(path=path)
            written.append(path)
        browser.close()
    return written


def main() -> int:
    """Takes all of them; the exit status."""
    parser = argparse.ArgumentParser(description="Pictures of the dashboard's pages.")
    parser.add_argument("home", type=Path, help="home folder with runs to show")
    parser.add_argument("folder", type=Path, help="where to write them")
    parser.add_argument("--scheme", choices=["light", "dark"], default="light")
    arguments = parser.parse_args()
    home = arguments.home.absolute()
    try:
        with served(home) as url:
            for path in take(url, pages(home), arguments.folder, arguments.scheme):
                print(f"{path}  {path.stat().st_size:,} bytes")
    except NoriaError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
