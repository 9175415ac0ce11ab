"""Tests of components/validation_checks.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.tracking import recording
from components.validation_checks import Check, add_checks, at_least, at_most, breached, conclude
from noria.errors import DataError
from noria.files import read_json
from noria.html_report import Page

KEPT = at_most("max_missing_share", "eval.price", 0.5, 0.5)
SMALL = at_least("min_examples", "eval", 10, 3)
STRANGE = Check("anomaly", "eval.shop", 0, 1, False, "Unexpected string values. east (~33%).")
DRIFT = at_most("drift.max_jensen_shannon", "price", 0.3, 0.4)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NORIA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _conclude(folder: Path, *checks: Check, run_id: str | None = None) -> None:
    folder.mkdir()
    with recording({"report": folder}):
        conclude(
            "judge",
            {"rows": 3},
            checks,
            "<p>page</p>",
            folder,
            fails=lambda check: not check.name.startswith("drift."),
            hint="mend it",
            run_id=run_id,
        )


def test_limits_are_inclusive() -> None:
    assert KEPT.passed
    assert at_least("min_examples", "eval", 3, 3).passed
    assert breached([KEPT, SMALL, DRIFT]) == [SMALL, DRIFT]


def test_a_note_tells_what_numbers_do_not() -> None:
    assert str(SMALL) == "min_examples of eval: got 3, limit 10"
    assert str(STRANGE) == "anomaly of eval.shop: Unexpected string values. east (~33%)."
    assert "note" not in SMALL.as_json()
    assert STRANGE.as_json()["note"] == STRANGE.note


def test_breaches_that_fail_are_listed_and_the_others_warned_of(
    tmp_path: Path, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(DataError) as caught:
        _conclude(tmp_path / "report", KEPT, SMALL, STRANGE, DRIFT)
    assert caught.value.message == f"judge: 2 of 4 checks breached:\n  {SMALL}\n  {STRANGE}"
    kept = home / "reports" / "judge.html"
    assert caught.value.hint == f"mend it; report: {kept}"
    assert kept.read_text() == "<p>page</p>"
    assert not (tmp_path / "report" / "report.html").exists()
    assert caplog.messages == [f"breached: {DRIFT}"]


def test_the_report_of_a_failed_step_lies_with_its_run(tmp_path: Path, home: Path) -> None:
    (home / "runs" / "r1").mkdir(parents=True)
    with pytest.raises(DataError, match="judge"):
        _conclude(tmp_path / "report", SMALL, run_id="r1")
    assert (home / "runs" / "r1" / "reports" / "judge.html").is_file()


def test_what_only_warns_is_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _conclude(tmp_path / "report", KEPT, DRIFT)
    assert [check["passed"] for check in read_json(tmp_path / "report" / "checks.json")] == [True, False]
    assert read_json(tmp_path / "report" / "statistics.json") == {"rows": 3}
    assert caplog.messages == [f"breached: {DRIFT}"]


def test_breaches_come_first_on_the_page() -> None:
    page = Page("t")
    add_checks(page, [KEPT, SMALL], "A remark.")
    text = page.render()
    assert "2 checks, 1 breached. A remark." in text
    assert text.index("min_examples") < text.index("max_missing_share")
    page = Page("t")
    add_checks(page, [KEPT, SMALL], kept_too=False)
    assert "max_missing_share" not in page.render()
