"""Pages whose tables scripts write, between marks."""

from __future__ import annotations

from pathlib import Path

from noria.errors import DataError
from noria.files import write_text


def put(page: Path, name: str, text: str) -> None:
    """Replaces what stands between the marks of ``name`` in a page.

    Raises:
        DataError: The page has no such marks.
    """
    begin, end = f"<!-- results of {name} -->", f"<!-- end of {name} -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise DataError(f"{page} has no marks {begin} and {end}")
    write_text(page, f"{before}{begin}\n{text}\n{end}{after}")
