"""From the form to the finished run and its log, clicked through as a person does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow


def test_start_a_run_watch_it_finish_and_open_its_log(page: Page, tmp_path: Path) -> None:
    page.goto("/start")
    page.get_by_role("link", name="toy", exact=True).click()
    count = page.locator('[id="c-numbers.count"]')
    count.fill("0")
    page.locator('[id="c-square.factor"]').fill("2.5")
    page.locator('[id="c-square.epochs"]').fill("6")
    # The step goes on until it was seen to, however slow this machine is.
    seen = tmp_path / "seen"
    until = page.locator('[id="c-square.trouble.until"]')
    page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    until.fill(str(seen))
    page.get_by_role("button", name="Start", exact=True).click()
    # The error stands beside its field, and nothing else that was filled in is lost.
    expect(count).to_have_attribute("aria-invalid", "true")
    expect(page.locator('[id="error-numbers.count"]')).to_contain_text("greater than or equal to 1")
    expect(page.locator('[id="c-square.factor"]')).to_have_value("2.5")
    count.fill("4")
    page.get_by_role("button", name="Start", exact=True).click()

    page.wait_for_url(re.compile(r"/runs/\w+$"))
    run = page.url.rsplit("/", 1)[-1]
    steps = page.get_by_role("region", name="Table of the steps")
    try:
        expect(steps.locator("#step-square")).to_contain_text("running")
    finally:
        seen.touch()
    # Without a click: the page follows the run.
    expect(page.locator("#live .status")).to_contain_text("succeeded")
    expect(page.locator("#curves")).to_be_visible()

    steps.get_by_role("link", name="square", exact=True).click()
    expect(page.locator("#log-text")).to_contain_text("working on 4 numbers")
    # The same run for the API and for the overview.
    told = page.request.get(f"/api/runs/{run}").json()
    assert told["state"] == "succeeded"
    assert told["settings"]["square"]["factor"] == 2.5
    page.goto("/")
    expect(page.get_by_role("list", name="Last runs of toy, oldest first")).to_contain_text(run)
    page.goto("/api/audit")
    assert run in page.content()


def test_a_failed_step_shows_its_error_at_once(page: Page) -> None:
    page.goto("/start/toy")
    page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    page.locator('[id="c-double.trouble.fail"]').select_option("crash")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(re.compile(r"/runs/\w+$"))
    problem = page.locator("#live .problem")
    expect(problem).to_contain_text("double failed", ignore_case=True)
    expect(problem).to_contain_text("division of everything by zero")
    expect(problem.locator(".log")).to_contain_text("working on")
    page.get_by_role("button", name="Resume").click()
    page.wait_for_url(re.compile(r"/runs/\w+$"))
