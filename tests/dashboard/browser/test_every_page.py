"""Every page: no serious fault by axe-core in light and dark, nothing wider than a phone, keys enough."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from noria.home import Home
from orchestration.run_catalog import all_runs
from tests.dashboard.browser.dashboard_server import Dashboard

pytestmark = pytest.mark.slow
PAGES = {
    "overview": "/",
    "start": "/start",
    "start-toy": "/start/toy",
    "runs": "/runs",
    "run": "/runs/{toy}",
    "run-game": "/runs/{board_game}",
    "compare-choose": "/compare",
    "compare": "/compare?run={toy}&run={toy_before}",
    "schedules": "/schedules",
    "schedule-new": "/schedules/new?pipeline=toy",
    "schedule-of-run": "/schedules/new?run={board_game}",
    "models": "/models",
    "play": "/play",
    "unknown": "/runs/nothere",
}
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="session")
def addresses(server: Dashboard) -> dict[str, str]:
    """Address of each page, with ids of runs that there are."""
    ids: dict[str, str] = {}
    for run in all_runs(Home(server.home)):
        if run.pipeline in ids:
            ids.setdefault(f"{run.pipeline}_before", run.id)
        ids.setdefault(run.pipeline, run.id)
    return {name: address.format(**ids) for name, address in PAGES.items()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*PAGES, "login"])
def test_no_serious_fault(
    page: Page,
    browser: Browser,
    server: Dashboard,
    addresses: dict[str, str],
    npm_packages: Path,
    name: str,
    scheme: Any,
) -> None:
    if name == "login":
        context = browser.new_context(base_url=server.url)
        page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    answer = page.goto(addresses.get(name, "/login"), wait_until="load")
    assert answer is not None
    log = (server.home / "dashboard.log").read_text()
    assert answer.status == (404 if name == "unknown" else 200), f"{name}\n{log[-2000:]}"
    # Not through a script element: the pages' own policy forbids it.
    page.evaluate((npm_packages / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    faults = [
        f"{fault['id']} ({fault['impact']}): {[node['html'][:160] for node in fault['nodes'][:4]]}"
        for fault in found["violations"]
        if fault["impact"] in SERIOUS
    ]
    assert not faults, "\n".join(faults)


def wide_parts(page: Page) -> list[str]:
    """What is wider than a phone, if anything is."""
    wide: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= 360 ? [] :
            [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > 361)
                .slice(0, 5).map((e) => e.outerHTML.slice(0, 120))"""
    )
    return wide


@pytest.mark.parametrize("name", PAGES)
def test_fits_a_phone(context: BrowserContext, addresses: dict[str, str], name: str) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(addresses[name], wait_until="load")
    wide = wide_parts(page)
    page.close()
    assert not wide, wide


def test_a_long_name_fits_a_phone(page: Page, server: Dashboard) -> None:
    bearer = {"Authorization": f"Bearer {server.token}"}
    trigger = {"kind": "cron", "cron": "0 3 1 1 *"}
    made = page.request.post(
        f"{server.url}/api/schedules",
        headers=bearer,
        data={"name": "n" * 80, "pipeline": "toy", "trigger": trigger},
    )
    schedule = made.json()["id"]
    page.set_viewport_size({"width": 360, "height": 740})
    wide = {}
    for address in ("/", "/schedules", f"/schedules/{schedule}"):
        page.goto(address, wait_until="load")
        wide[address] = wide_parts(page)
    page.request.delete(f"{server.url}/api/schedules/{schedule}", headers=bearer)
    assert not any(wide.values()), wide


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_the_content(page: Page, addresses: dict[str, str], name: str) -> None:
    page.goto(addresses[name], wait_until="load")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    # Visible: something is drawn around what has the focus.
    drawn = page.evaluate(
        """() => {
            const style = getComputedStyle(document.activeElement);
            return style.outlineStyle !== 'none' || style.boxShadow !== 'none'
                || document.activeElement === document.body;
        }"""
    )
    assert drawn
