"""Tests of noria/html_report.py."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from noria.html_report import Page

PNG = b"\x89PNG\r\n\x1a\n" + b"rest"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'
VOID = {"meta", "img"}


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _parse(page: str) -> _Balance:
    parser = _Balance()
    parser.feed(page)
    parser.close()
    return parser


def test_page_is_well_formed_and_loads_nothing() -> None:
    page = Page("A report").section("One").paragraph("text").table(["a"], [[1]]).picture(PNG, "plot").render()
    parsed = _parse(page)
    assert parsed.open == []
    assert all(link.startswith("data:image/") for link in parsed.links)
    assert "Content-Security-Policy" in page


def test_all_text_is_escaped() -> None:
    evil = "<script>\"'&"
    page = Page(evil).section(evil).paragraph(evil).table([evil], [[evil]], evil).picture(SVG, evil).render()
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") == 9


def test_cells_by_type() -> None:
    page = Page("t").table(["a", "b", "c", "d", "e"], [[1234, 0.123456, True, False, None]]).render()
    cells = re.findall(r"<td.*?</td>", page)
    assert cells == [
        '<td class="number">1,234</td>',
        '<td class="number">0.1235</td>',
        '<td class="yes">yes</td>',
        '<td class="no">no</td>',
        "<td></td>",
    ]


def test_picture_bytes_and_file_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(PNG)
    from_file = Page("t").picture(tmp_path / "p.png", "p").render()
    assert from_file == Page("t").picture(PNG, "p").render()
    assert base64.b64encode(PNG).decode() in from_file


def test_refuses_other_pictures_and_ragged_rows() -> None:
    with pytest.raises(ValueError, match="neither a PNG nor an SVG"):
        Page("t").picture(b"GIF89a", "p")
    with pytest.raises(ValueError, match="2 cells under 1 columns"):
        Page("t").table(["a"], [[1, 2]])
