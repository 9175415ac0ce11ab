"""Reports as one HTML file that opens anywhere: pictures are embedded, nothing is loaded from a network."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from pathlib import Path

_STYLE = """
:root { color-scheme: light dark; --text: #1c1c1e; --page: #ffffff; --line: #d0d0d5; --head: #f2f2f5;
        --good: #0a6b2d; --bad: #b3151d; }
@media (prefers-color-scheme: dark) {
  :root { --text: #ececf0; --page: #17171a; --line: #3b3b42; --head: #242429;
          --good: #6fd08c; --bad: #ff8a8a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
       max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; }
caption, figcaption { text-align: left; font-size: .9rem; padding: .25rem 0; }
th, td { border: 1px solid var(--line); padding: .25rem .6rem; text-align: left; vertical-align: top; }
th { background: var(--head); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.yes { color: var(--good); font-weight: 600; } td.no { color: var(--bad); font-weight: 600; }
figure { margin: 1rem 0; } figure img { max-width: 100%; background: #ffffff; border: 1px solid var(--line); }
"""

# Whatever a cell or a picture holds, a browser may fetch nothing and run nothing for this page.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class Page:
    """Builds one page from top to bottom; every method that adds something returns the page.

    All text is escaped. Pictures are given white ground, so that plots drawn for paper stay readable in
    a dark browser.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._parts: list[str] = []

    def section(self, heading: str) -> Page:
        """Starts a new section."""
        self._parts.append(f"<h2>{html.escape(heading)}</h2>")
        return self

    def paragraph(self, text: str) -> Page:
        """Adds running text."""
        self._parts.append(f"<p>{html.escape(text)}</p>")
        return self

    def table(self, header: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> Page:
        """Adds a table.

        Args:
            header: One name per column.
            rows: Cells: text as it is, numbers right-aligned (floats to 4 significant digits), booleans as
                a coloured yes or no, None as an empty cell.
            caption: A line above the table.

        Raises:
            ValueError: A row has not as many cells as the header.
        """
        lines = [f"<caption>{html.escape(caption)}</caption>"] if caption else []
        lines.append(_row("".join(f'<th scope="col">{html.escape(name)}</th>' for name in header)))
        for row in rows:
            if len(row) != len(header):
                raise ValueError(f"a row of {len(row)} cells under {len(header)} columns: {row!r}")
            lines.append(_row("".join(_cell(value) for value in row)))
        self._parts.append('<div class="scroll"><table>' + "".join(lines) + "</table></div>")
        return self

    def picture(self, picture: bytes | Path, alt: str) -> Page:
        """Embeds a PNG or SVG picture, given as its bytes or its file, with ``alt`` as its caption.

        Raises:
            ValueError: The picture is neither PNG nor SVG.
        """
        data = picture.read_bytes() if isinstance(picture, Path) else picture
        source = f"data:{_media_type(data)};base64,{base64.b64encode(data).decode()}"
        text = html.escape(alt)
        self._parts.append(
            f'<figure><img src="{source}" alt="{text}"><figcaption>{text}</figcaption></figure>'
        )
        return self

    def render(self) -> str:
        """The whole page as HTML; the same calls give the same text."""
        title = html.escape(self._title)
        return "\n".join(
            [
                '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
                f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>",
                *self._parts,
                "</body></html>\n",
            ]
        )


def _row(cells: str) -> str:
    return f"<tr>{cells}</tr>\n"


def _cell(value: object) -> str:
    if value is None:
        return "<td></td>"
    if isinstance(value, bool):
        word = "yes" if value else "no"
        return f'<td class="{word}">{word}</td>'
    if isinstance(value, Integral):
        return f'<td class="number">{int(value):,}</td>'
    if isinstance(value, Real):
        return f'<td class="number">{float(value):.4g}</td>'
    return f"<td>{html.escape(str(value))}</td>"


def _media_type(data: bytes) -> str:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if b"<svg" in data[:2000]:
        return "image/svg+xml"
    raise ValueError(f"neither a PNG nor an SVG picture: it starts with {data[:16]!r}")
