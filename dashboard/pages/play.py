"""The page Play: a person against an exported file, run in the browser."""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from components.device_lab.web_runtime import INSTALL, installed, runtime_file, runtime_module
from dashboard.context import services_of
from dashboard.security import viewer
from dashboard.services.players import TITLES, PlayerFile, champion_versions, find_player, player_files
from dashboard.templating import page
from noria.errors import NoriaError

router = APIRouter(include_in_schema=False, dependencies=[Depends(viewer)])

_TYPES = {".js": "text/javascript", ".wasm": "application/wasm"}
# Revalidated each time: after another version is installed, the old one must not be mixed with the new.
_CACHING = {"Cache-Control": "private, no-cache"}


@router.get("/play")
def play(request: Request, run: str = "", game: str = "") -> HTMLResponse:
    """The page; ``run`` and ``game`` choose a file, else it is the first champion's, or the newest."""
    services = services_of(request)
    problem, champions = "", {}
    try:
        champions = champion_versions(services.home)
    except NoriaError as error:
        problem = str(error)
    players = player_files(services.runs.all(), champions)
    chosen = _choose(players, run, game)
    return page(
        request,
        "play.html",
        players=[{**player.told(), "title": TITLES[player.game]} for player in players],
        chosen=chosen and {**chosen.told(), "title": TITLES[chosen.game]},
        missing="" if chosen or not run else f"Run {run} has no exported file that plays a game.",
        problem=problem,
        runtime_installed=installed(),
        install=INSTALL,
    )


@router.get("/play/models/{run_id}/{game}.tflite")
def model(request: Request, run_id: str, game: str) -> Response:
    """The exported file of a run; the path comes from the run's record, never from the address."""
    found = find_player(services_of(request).runs.all(), run_id, game)
    return FileResponse(found.file, media_type="application/octet-stream", headers=_CACHING)


@router.get("/play/runtime/{name:path}")
def runtime(name: str) -> Response:
    """A file of LiteRT's web runtime, out of a fixed list."""
    path = runtime_file(name)
    if path is None:
        raise HTTPException(404, f"the runtime has no file {name!r} here; install it with: {INSTALL}")
    if name == "litert.js":
        return Response(runtime_module(path), media_type=_TYPES[".js"], headers=_CACHING)
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=_CACHING)


def _choose(players: list[PlayerFile], run: str, game: str) -> PlayerFile | None:
    for player in players:
        if run in ("", player.run_id) and game in ("", player.game):
            return player
    return None
