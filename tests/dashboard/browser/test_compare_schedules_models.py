"""Comparing runs, a schedule that fires, rolling back a model: clicked through as a person does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from noria.home import Home
from orchestration.run_catalog import all_runs

pytestmark = pytest.mark.slow


def numbers(cells: list[str]) -> list[float]:
    """The numbers that cells begin with, sorted; the best has a sign behind it."""
    return sorted(float(cell.split()[0]) for cell in cells)


def test_compare_two_runs_here_and_in_mlflow(page: Page, home: Path) -> None:
    toys = [run.id for run in all_runs(Home(home)) if run.pipeline == "toy" and run.state == "succeeded"]
    # The first two are the fixture's; others may have been started since.
    three, one = toys[-2:]
    page.goto("/compare")
    page.get_by_label("Pipeline").select_option("toy")
    page.get_by_role("button", name="Show").click()
    for run in (one, three):
        page.get_by_role("checkbox", name=f"Compare {run}").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    settings = page.get_by_role("region", name="setting", exact=True)
    expect(settings.get_by_role("row")).to_have_count(2)
    factor = settings.get_by_role("row").filter(has_text="square.factor")
    assert numbers(factor.get_by_role("cell").all_inner_texts()) == [1, 3]
    metrics = page.get_by_role("region", name="metric", exact=True)
    sums = metrics.get_by_role("row").filter(has_text="square_sum").get_by_role("cell").all_inner_texts()
    assert numbers(sums) == [30, 90]
    expect(page.locator("#curves ~ .charts svg").first).to_be_visible()

    page.get_by_role("link", name="Compare in MLflow").click()
    page.wait_for_url(re.compile("/mlflow/.*compare-runs"))
    expect(page.locator("body")).to_contain_text(re.compile("Comparing 2 Runs", re.IGNORECASE))


def test_a_schedule_fires(page: Page) -> None:
    page.goto("/schedules")
    page.get_by_role("link", name="New schedule").click()
    page.get_by_label("Pipeline").select_option("toy")
    page.wait_for_url(re.compile("pipeline=toy"))
    page.get_by_label("Name", exact=True).fill("every few seconds")
    page.get_by_label("Cron").fill("nonsense")
    count = page.locator('[id="c-numbers.count"]')
    count.fill("0")
    page.get_by_role("button", name="Create").click()
    # Both mistakes are told at once, each beside its field; nothing that was filled in is lost.
    expect(page.locator("#trigger-error")).to_contain_text("nonsense")
    expect(count).to_have_attribute("aria-invalid", "true")
    expect(page.locator('[id="error-numbers.count"]')).to_contain_text("greater than or equal to 1")
    expect(page.get_by_label("Name", exact=True)).to_have_value("every few seconds")
    count.fill("4")
    page.get_by_label("Cron").fill("*/5 * * * * *")
    # The same configuration as YAML, and back.
    page.get_by_role("button", name="As YAML").click()
    expect(page.get_by_label("Configuration", exact=True)).to_have_value(re.compile("count: 4"))
    page.get_by_role("button", name="As fields").click()
    expect(count).to_have_value("4")
    expect(page.locator("#cron-preview li")).to_have_count(5)
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/schedules"))
    page.goto("/schedules")
    page.get_by_role("link", name="every few seconds").click()

    ticks = page.get_by_role("region", name="Ticks")
    done = ticks.get_by_role("row").filter(has_text="done")
    for _ in range(180):
        if done.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    run = done.last.get_by_role("link").get_attribute("href")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("main")).to_contain_text("paused")
    page.goto(str(run))
    expect(page.locator("#live .status")).to_contain_text("succeeded")
    assert page.request.get(f"/api{run}").json()["settings"]["numbers"]["count"] == 4

    page.goto("/schedules")
    page.get_by_role("link", name="every few seconds").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url(re.compile(r"/schedules$"))
    expect(page.locator("main")).not_to_contain_text("every few seconds")


def test_roll_back_a_model(page: Page) -> None:
    page.goto("/models")
    model = page.locator("#small-player")
    expect(model.locator(".numbers").first).to_contain_text("version 2")
    model.get_by_role("button", name="Roll back to version 1").click()
    expect(model.locator(".numbers").first).to_contain_text("version 1")
    expect(model.get_by_role("region", name="History of small-player")).to_contain_text(
        re.compile("roll", re.I)
    )
    expect(model.get_by_role("region", name="History of small-player")).to_contain_text("Ada")
    audit = page.request.get("/api/audit").text()
    assert "small-player" in audit
    assert "Ada" in audit
    # Who plays is the champion of now.
    page.goto("/play")
    champion = page.get_by_role("listitem").filter(has_text="champion")
    expect(champion).to_have_count(1)
    expect(champion).to_contain_text("version 1")

    with page.expect_download() as download:
        page.goto("/models")
        page.locator("#small-player details[open]").get_by_role("link", name="model.tflite").click()
    assert download.value.path().read_bytes()[4:8] == b"TFL3"
