"""The page that runs a file, and the loopback server that it talks to."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from components.device_lab.web_runtime import PACKAGE, runtime_file, runtime_module

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".json": "application/json",
}


class PageServer(ThreadingHTTPServer):
    """Serves the page, the runtime and what is to be run; takes one answer.

    Attributes:
        answered: Set when the page has sent something.
        outputs: What it sent: a line of JSON, then the outputs' bytes; None until then.
        error: What went wrong in the page; None where nothing did.
    """

    daemon_threads = True

    def __init__(self, content: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        # Other programs of this machine reach the port as well: they do not know the path.
        self.prefix = f"/{secrets.token_urlsafe(16)}/"
        self.content = content
        self.answered = threading.Event()
        self.outputs: bytes | None = None
        self.error: str | None = None

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://127.0.0.1:{self.server_port}{self.prefix}run.html"

    def find(self, name: str) -> tuple[bytes, str] | None:
        """Content and type of what lies at a name below the prefix; None where nothing does."""
        if name in self.content:
            return self.content[name], _TYPES.get(Path(name).suffix, "application/octet-stream")
        if name in ("run.html", "run.js"):
            return (PACKAGE / name).read_bytes(), _TYPES[Path(name).suffix]
        path = runtime_file(name.removeprefix("runtime/")) if name.startswith("runtime/") else None
        if path is None:
            return None
        if name == "runtime/litert.js":
            return runtime_module(path).encode(), _TYPES[".js"]
        return path.read_bytes(), _TYPES[path.suffix]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that is ended while it loads is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:
        found = self.server.find(self.path.removeprefix(self.server.prefix)) if self._knows() else None
        if found is None:
            self.send_error(404)
            return
        content, kind = found
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        name = self.path.removeprefix(self.server.prefix)
        if not self._knows() or name not in ("outputs", "error"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
        if name == "outputs":
            self.server.outputs = body
        else:
            self.server.error = body.decode(errors="replace")
        self.server.answered.set()

    def _knows(self) -> bool:
        return self.path.startswith(self.server.prefix)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads a log of it."""


@contextmanager
def page_server(model: bytes, request: dict[str, Any], inputs: bytes) -> Iterator[PageServer]:
    """Serves on a free loopback port for the block.

    Args:
        model: The file.
        request: What run.js takes: signature, count, inputs.
        inputs: The inputs' bytes, input after input, in each example after example.
    """
    server = PageServer(
        {"model.tflite": model, "request.json": json.dumps(request).encode(), "inputs": inputs}
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
