"""The report of a promotion: the decision and the gate table."""

from __future__ import annotations

from pathlib import Path

from components.model_promotion.record import Promotion
from noria.files import write_text
from noria.html_report import Page


def write_report(promotion: Promotion, path: Path) -> None:
    """Writes the page."""
    page = Page(f"{promotion.registered_model}, version {promotion.version}")
    page.paragraph(promotion.reason)
    page.paragraph(f"Aliases: {', '.join(promotion.aliases)}.")
    page.section("Gates").table(
        ("gate", "limit", "got", "state", "note"),
        [(row.name, row.limit, row.got, row.state, row.note) for row in promotion.gates],
    )
    write_text(path, page.render())
