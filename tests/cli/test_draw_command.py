"""``noria draw``: the pictures of the documentation are what it draws today."""

from __future__ import annotations

from pathlib import Path

import pytest

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


@pytest.mark.parametrize("pipeline", ["graph", "temporal", "board_game", "playlist", "spectral"])
def test_the_documentations_picture_is_current(noria, tmp_path, pipeline):
    noria("draw", pipeline, "-o", tmp_path / "drawn.svg")
    told = f"draw it again: noria draw {pipeline} -o docs/pictures/{pipeline}.svg"
    assert (tmp_path / "drawn.svg").read_text() == (PICTURES / f"{pipeline}.svg").read_text(), told
