"""Writes the README's tables of results from a run, so that no number is copied by hand.

    python -m benchmarks.readme_results [RUN]

RUN is a finished run of ``make demo``, ``demo-temporal``, ``demo-games``, ``demo-playlist`` or
``demo-spectral`` (default: the last one); the text between the README's marks of that pipeline is
replaced, and its pictures in docs/pictures.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import readme_board_game, readme_graph, readme_playlist, readme_spectral, readme_temporal
from benchmarks.marked_text import put
from noria.files import write_bytes

_ROOT = Path(__file__).parent.parent
_README = _ROOT / "README.md"
_PICTURES = _ROOT / "docs" / "pictures"
_MODULES: dict[str, Any] = {
    "graph": readme_graph,
    "temporal": readme_temporal,
    "board_game": readme_board_game,
    "playlist": readme_playlist,
    "spectral": readme_spectral,
}


def main(arguments: list[str]) -> None:
    """Replaces a pipeline's tables."""
    noria = [sys.executable, "-m", "cli.main", "show", *(arguments or ["last"]), "--json"]
    run: dict[str, Any] = json.loads(subprocess.run(noria, check=True, capture_output=True).stdout)
    if run["state"] != "succeeded" or run["pipeline"] not in _MODULES:
        raise SystemExit(
            f"run {run['id']} of {run['pipeline']} {run['state']}: the README has no table of it"
        )
    module = _MODULES[run["pipeline"]]
    what = readme_board_game.game_of(run) if run["pipeline"] == "board_game" else run["pipeline"]
    put(_README, what, module.table(run))
    for name, picture in module.pictures(run).items():
        write_bytes(_PICTURES / name, picture.read_bytes())


if __name__ == "__main__":
    main(sys.argv[1:])
