"""MLflow's pages under /mlflow: a server of its own that only this process reaches, passed through."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from dashboard.mlflow_child import PREFIX
from dashboard.services.artifact_files import SANDBOX
from noria.home import Home

router = APIRouter(include_in_schema=False)

_AGAIN = 20.0
# Those of one connection (RFC 9110, section 7.6.1), and those that are between the browser and the dashboard.
_OWN = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
    *("transfer-encoding", "upgrade", "host", "cookie", "authorization", "origin", "referer", "set-cookie"),
    *("content-length", "x-forwarded-for", "x-forwarded-host", "x-csrf-token"),
}
_WAIT_PAGE = (
    "<!doctype html><html lang=en><title>MLflow</title><script src=/static/wait.js></script>"
    "<p>MLflow is starting. This page loads again by itself."
)


class MlflowServer:
    """The child process and the way to it.

    Attributes:
        elsewhere: Address of the MLflow server that is configured; then there is no child. Empty: there is.
    """

    def __init__(self, home: Home) -> None:
        given = os.environ.get("MLFLOW_TRACKING_URI", "")
        self.elsewhere = given if given.startswith(("http://", "https://")) else ""
        self._home = home
        # A short path, because addresses of sockets are; made for the owner alone.
        self._folder = Path(tempfile.mkdtemp(prefix="noria-mlflow-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._lock = threading.Lock()
        transport = httpx.AsyncHTTPTransport(uds=str(self._folder / "socket"))
        self.client = httpx.AsyncClient(
            transport=transport, base_url="http://localhost", timeout=httpx.Timeout(60.0, connect=2.0)
        )

    def start(self) -> None:
        """Starts the child, or another one where the last has died, which is seldom."""
        with self._lock:
            alive = self._process is not None and self._process.poll() is None
            if self.elsewhere or alive or (self._started and time.monotonic() - self._started < _AGAIN):
                return
            self._started = time.monotonic()
            socket = self._folder / "socket"
            socket.unlink(missing_ok=True)
            log = self._home.root / "dashboard" / "mlflow.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab") as output:
                self._process = subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "dashboard.mlflow_child",
                        self._home.root,
                        socket,
                    ],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    async def stop(self) -> None:
        """Ends the child."""
        await self.client.aclose()
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


@router.api_route(PREFIX, methods=["GET"])
def without_slash() -> Response:
    """MLflow's pages begin with the slash."""
    return RedirectResponse(f"{PREFIX}/")


@router.api_route(PREFIX + "/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
async def passed_through(request: Request, path: str) -> Response:
    """The answer of MLflow's server, as it arrives."""
    server = request.app.state.mlflow
    if not isinstance(server, MlflowServer):
        return JSONResponse({"detail": "MLflow's pages are turned off"}, 404)
    if server.elsewhere:
        return RedirectResponse(server.elsewhere)
    headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _OWN]
    # Decoded and encoded again, the path could change its meaning.
    target = request.scope["raw_path"] + (b"?" + query if (query := request.scope["query_string"]) else b"")
    url = server.client.base_url.copy_with(raw_path=target)
    asked = server.client.build_request(request.method, url, headers=headers, content=await request.body())
    try:
        answer = await server.client.send(asked, stream=True)
    except httpx.TransportError:
        server.start()
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(_WAIT_PAGE, 503)
        return JSONResponse({"detail": "MLflow is not up yet; try again in a few seconds"}, 503)
    kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OWN}
    if "artifact" in path:
        # What runs logged is not to run as a page of this origin.
        kept["content-security-policy"] = SANDBOX
    if "content-length" in answer.headers:
        kept["content-length"] = answer.headers["content-length"]
    return StreamingResponse(_body(answer), answer.status_code, kept)


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    # Raw: still compressed as its header says.
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()
