"""Pages out of Jinja2 templates; everything that comes from data is escaped."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from dashboard.context import services_of

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
NAVIGATION = (
    ("/", "Overview"),
    ("/start", "Start a run"),
    ("/runs", "Runs"),
    ("/compare", "Compare"),
    ("/schedules", "Schedules"),
    ("/models", "Models"),
    ("/play", "Play"),
)


def page(request: Request, name: str, status_code: int = 200, **context: Any) -> HTMLResponse:
    """Renders ``templates/<name>``, which sees ``request``, ``person``, ``role``, ``csrf_token``, too."""
    settings = services_of(request).settings
    known = {
        "request": request,
        "path": request.url.path,
        "person": getattr(request.state, "person", ""),
        "role": getattr(request.state, "role", ""),
        "csrf_token": getattr(request.state, "csrf_token", ""),
        "mlflow": settings.mlflow,
        "auth": settings.auth,
    }
    return HTMLResponse(environment().get_template(name).render(**{**known, **context}), status_code)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The one environment: filters and functions for all templates are registered here."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(static=static_address, navigation=NAVIGATION)
    made.filters.update(
        number=number, duration=duration, pretty_json=lambda value: json.dumps(value, indent=2)
    )
    return made


def static_address(name: str) -> str:
    """Address of a file of ``static/``, with a digest of its content so that it may be kept for ever."""
    path = STATIC / name
    return f"/static/{name}?v={_digest(path, path.stat().st_mtime_ns)}"


@lru_cache(maxsize=256)
def _digest(path: Path, changed: int) -> str:
    del changed
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def number(value: float | None) -> str:
    """A metric's value: four significant digits, whole numbers whole; a dash for None."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.4g}"


def duration(seconds: float | None) -> str:
    """``12.3 s``, ``4 min 05 s``, ``2 h 10 min``; a dash for None."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
