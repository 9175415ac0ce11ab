"""Playing against an exported file in a browser, to the end of the game."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from components.board_games.games import make_game
from components.board_games.plane_strike import placements
from components.board_games.tic_tac_toe import LINES
from components.policy_evaluation.policy_model import TflitePlayer
from tests.dashboard.browser.dashboard_server import Dashboard

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("npm_packages")]
OPEN = "#board-theirs [aria-disabled=false]"


def open_table(page: Page) -> None:
    page.goto("/play")
    page.wait_for_selector("#play-table[data-ready]")


@pytest.mark.parametrize("begins", ["person", "model"])
def test_a_game_of_tic_tac_toe_to_its_end(page: Page, begins: str) -> None:
    open_table(page)
    page.get_by_label("Who begins").select_option(begins)
    status = page.locator("#play-status")
    stones = 0
    while not page.locator("#play-table").get_attribute("data-result"):
        expect(status).to_contain_text("Your turn")
        page.locator(OPEN).first.focus()
        page.keyboard.press("Enter")
        expect(status).not_to_contain_text("The model's turn")
        played = page.locator("#board-theirs .mine, #board-theirs .theirs").count()
        assert played > stones
        stones = played
    assert page.locator("#play-table").get_attribute("data-result") in ("won", "lost", "draw")
    expect(status).to_have_text(re.compile("You won|The model won|A draw"))
    page.get_by_role("button", name="New game").click()
    expect(status).to_contain_text("Your turn")
    assert page.locator("#board-theirs .mine").count() == 0


def test_the_browser_computes_what_the_machine_computes(page: Page, server: Dashboard) -> None:
    open_table(page)
    (file,) = {path.read_bytes(): path for path in server.home.rglob("tflite/*/model.tflite")}.values()
    random = np.random.default_rng(0)
    boards = random.integers(-1, 2, (8, 3, 3)).astype(np.float32)
    expected = TflitePlayer(file, make_game("tic_tac_toe").spec).scores(boards)
    found = page.evaluate(
        """async (boards) => {
            const table = document.getElementById('play-table').dataset;
            const { loadPlayer } = await import('/static/play/player.js');
            const player = await loadPlayer(table.runtime, table.model, [1, 3, 3]);
            const answers = [];
            for (const board of boards) answers.push([...await player.scores(Float32Array.from(board))]);
            return answers;
        }""",
        boards.reshape(8, 9).tolist(),
    )
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_the_pages_rules_are_those_of_training(page: Page) -> None:
    open_table(page)
    by_heading, lines = page.evaluate(
        """async () => {
            const { placements, LINES } = await import('/static/play/games.js');
            return [placements(), LINES];
        }"""
    )
    planes, chances = placements()
    for cells, chance in [(cells, 1 / 4 / len(group)) for group in by_heading for cells in group]:
        board = np.isin(np.arange(64), cells)
        (same,) = np.flatnonzero((planes == board).all(axis=1))
        assert chances[same] == pytest.approx(chance)
    assert sum(map(len, by_heading)) == len(planes)
    assert {tuple(sorted(line)) for line in lines} == {tuple(sorted(line)) for line in LINES.tolist()}


def test_a_game_of_plane_strike_to_its_end(page: Page) -> None:
    # The page of the other game, and a player that strikes from the last cell on: nothing has to be trained.
    page.route(
        "**/play",
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=answer.text().replace('data-game="tic_tac_toe"', 'data-game="plane_strike"'),
        ),
    )
    page.route(
        "**/play/player.js",
        lambda route: route.fulfill(
            content_type="text/javascript",
            body="export const loadPlayer = async () => ({ move: async (board) => board.lastIndexOf(0) });",
        ),
    )
    open_table(page)
    assert page.locator("#board-yours .plane").count() == 8
    strikes = 0
    while not (result := page.locator("#play-table").get_attribute("data-result")):
        page.locator(OPEN).first.click()
        strikes += 1
        expect(page.locator("#play-status")).to_contain_text(re.compile("Your turn|won"))
    hits = page.locator("#board-theirs .hit").count()
    assert (result == "won") == (hits == 8)
    assert hits + page.locator("#board-theirs .miss").count() == strikes
    struck = page.locator("#board-yours .hit, #board-yours .miss").count()
    assert struck == (strikes - 1 if result == "won" else strikes)
    if result == "lost":
        assert page.locator("#board-yours .hit").count() == 8


def test_only_listed_files_are_served(page: Page) -> None:
    for path in (
        "/play/runtime/package.json",
        "/play/runtime/..%2f..%2fpackage.json",
        "/play/runtime/wasm/../litert.ts",
        "/play/models/nothere/tic_tac_toe.tflite",
        "/play/models/..%2f..%2f/tic_tac_toe.tflite",
    ):
        assert page.request.get(path).status == 404, path
