"""What the validating steps share: what a check is, how it is shown, and how breaches end a run or warn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from components import tracking
from noria.errors import DataError
from noria.files import write_json, write_text
from noria.home import Home
from noria.html_report import Page

_log = logging.getLogger(__name__)

_COLUMNS = ["check", "of", "limit", "got", "passed"]


@dataclass(frozen=True)
class Check:
    """One number that was compared with its limit.

    Attributes:
        name: The limit's field in the configuration, ``drift.`` in front where it is about change.
        where: What was looked at: a node set, a feature, a split.
        limit: The limit.
        got: What was measured.
        passed: Whether the limit is kept.
        note: What is wrong, in words, where the number alone does not say it.
    """

    name: str
    where: str
    limit: float
    got: float
    passed: bool
    note: str = ""

    def __str__(self) -> str:
        told = self.note or f"got {self.got:.6g}, limit {self.limit:g}"
        return f"{self.name} of {self.where}: {told}"

    def as_json(self) -> dict[str, Any]:
        """As it stands in ``checks.json``."""
        tree = asdict(self)
        return tree if self.note else {key: value for key, value in tree.items() if key != "note"}


def at_most(name: str, where: str, limit: float, got: float) -> Check:
    """A check that what was measured does not exceed its limit."""
    return Check(name, where, limit, got, got <= limit)


def at_least(name: str, where: str, limit: float, got: float) -> Check:
    """A check that what was measured does not fall short of its limit."""
    return Check(name, where, limit, got, got >= limit)


def breached(checks: Iterable[Check]) -> list[Check]:
    """Those that did not pass."""
    return [check for check in checks if not check.passed]


def add_checks(page: Page, checks: Sequence[Check], remark: str = "", *, kept_too: bool = True) -> None:
    """Adds the section about checks, those that failed first; without ``kept_too``, only those."""
    page.section("Checks").paragraph(
        f"{len(checks)} checks, {len(breached(checks))} breached. {remark}".strip()
    )
    shown = sorted(checks, key=lambda check: check.passed) if kept_too else breached(checks)
    if shown:
        page.table(_COLUMNS, ([c.name, c.where, c.limit, c.got, c.passed] for c in shown))


def conclude(
    step: str,
    statistics: Mapping[str, Any],
    checks: Sequence[Check],
    page: str,
    folder: Path,
    *,
    fails: Callable[[Check], bool],
    hint: str,
    run_id: str | None,
) -> None:
    """Ends the step over breaches that are to fail it; otherwise writes the report and warns of the others.

    Args:
        step: The step's name.
        statistics: What ``statistics.json`` is to hold.
        checks: All that were made.
        page: The report as HTML.
        folder: The ValidationReport folder.
        fails: Whether a breach ends the run.
        hint: What to do about breaches.
        run_id: The run, in whose folder the report of a failed step is kept.

    Raises:
        DataError: With the list of breaches that fail, and where the report is.
    """
    fatal = [check for check in breached(checks) if fails(check)]
    for check in breached(checks):
        if check not in fatal:
            _log.warning("breached: %s", check)
    if fatal:
        # The output folder of a failed step is removed.
        kept = _report_folder(run_id) / f"{step}.html"
        write_text(kept, page)
        lines = "".join(f"\n  {check}" for check in fatal)
        raise DataError(
            f"{step}: {len(fatal)} of {len(checks)} checks breached:{lines}", hint=f"{hint}; report: {kept}"
        )
    write_json(folder / "statistics.json", statistics)
    write_json(folder / "checks.json", [check.as_json() for check in checks])
    write_text(folder / "report.html", page)
    tracking.metric("breached_checks", len(breached(checks)))
    tracking.artifact(folder / "report.html")


def _report_folder(run_id: str | None) -> Path:
    home = Home.find()
    known = run_id and (home.runs / run_id).is_dir()
    return home.runs / str(run_id) / "reports" if known else home.root / "reports"
