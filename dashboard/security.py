"""Who may do what: a guard in front of every route, and the roles that routes ask for.

The guard refuses by default. A request has to address this server by a name it knows (Host), come from
somebody known (bearer token, login, or a proxy's header), and, where it may change something, from an
operator and from a page of this server (Origin and CSRF token). ``viewer`` and ``operator`` say the same at
the route, where it is read.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access import AccessStore, Person
from dashboard.settings import DashboardSettings

COOKIE = "noria_session"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
MLFLOW = "/mlflow"
_SAFE = ("GET", "HEAD", "OPTIONS")
_OPEN = re.compile(r"^/(static/.*|login|healthz|favicon\.ico)$")
_LOGIN = ("/login", "/api/session")
# What MLflow's pages ask for by POST without changing anything.
_MLFLOW_READS = re.compile(r"/(search[\w-]*|search|get-[\w-]+|graphql)$")
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "style-src-attr 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; frame-ancestors 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'"
)
# Referrer-Policy no-referrer would make browsers send "Origin: null" with forms.
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


class RefusedError(Exception):
    """A request that is not let through."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class Guard:
    """The ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: DashboardSettings, access: AccessStore) -> None:
        self._app = app
        self._settings = settings
        self._access = access
        self._hosts = {settings.host, "localhost", "127.0.0.1", "[::1]", *settings.allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what may pass, with security headers on every answer."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message, scope["path"])
            await send(message)

        try:
            receive = await self._check(scope, receive)
        except RefusedError as refusal:
            await _answer(scope, refusal)(scope, receive, sending)
            return
        await self._app(scope, receive, sending)

    async def _check(self, scope: Scope, receive: Receive) -> Receive:
        headers, path = Headers(scope=scope), scope["path"]
        host = re.sub(r":\d+$", "", headers.get("host", ""))
        if host not in self._hosts:
            raise RefusedError(400, f"this server is not called {host!r}; names are added with allowed_hosts")
        changes = scope["method"] not in _SAFE
        if changes:
            _check_origin(headers)
            body = await _whole_body(headers, receive, self._settings.max_body)
            receive = _replaying(body, receive)
        login = changes and path in _LOGIN and scope["method"] == "POST"
        person = await self._person(scope, headers)
        state = {"person": person.name if person else "", "role": person.role if person else ""}
        if person is not None and self._settings.auth != "none":
            state["csrf_token"] = self._access.csrf_token(person)
        scope["state"] = {**scope.get("state", {}), "csrf_token": "", **state}
        if login or _OPEN.match(path):
            return receive
        if person is None:
            raise RefusedError(401, "log in at /login, or send the token: Authorization: Bearer TOKEN")
        if changes:
            await self._check_change(scope, headers, person, body)
        return receive

    async def _check_change(self, scope: Scope, headers: Headers, person: Person, body: bytes) -> None:
        path = scope["path"]
        if path.startswith(MLFLOW + "/"):
            # MLflow's pages know no CSRF token; a browser says where its request comes from.
            if person.ambient and not (headers.get("origin") or headers.get("sec-fetch-site")):
                raise RefusedError(403, "the request does not say which page it comes from")
            if not person.operates and not _MLFLOW_READS.search(path):
                raise RefusedError(403, f"{person.name} may look, not change")
            return
        ends_own_session = path in ("/logout", "/api/session")
        if not person.operates and not ends_own_session:
            raise RefusedError(403, f"{person.name} may look, not change: that takes the role operator")
        if person.ambient and self._settings.auth != "none":
            token = headers.get(CSRF_HEADER) or await _form_field(scope, body)
            if not self._access.csrf_fits(person, token):
                raise RefusedError(403, "the CSRF token is missing or old: load the page again")

    async def _person(self, scope: Scope, headers: Headers) -> Person | None:
        settings = self._settings
        if settings.auth == "none":
            return Person("anybody", "operator")
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            role = await run_in_threadpool(self._access.role_of, token.strip())
            return Person(f"token of {role}", role, ambient=False) if role else None
        if settings.auth == "proxy":
            return self._person_of_proxy(scope, headers)
        cookie = Request(scope).cookies.get(COOKIE, "")
        return self._access.logged_in(cookie)

    def _person_of_proxy(self, scope: Scope, headers: Headers) -> Person | None:
        name = headers.get(self._settings.proxy_header, "").strip()
        address = (scope.get("client") or ("", 0))[0]
        if not name or address not in self._settings.trusted_proxies:
            return None
        role = self._settings.roles.get(name) or self._settings.roles.get("*")
        return Person(name, role, f"proxy:{name}") if role else None


def viewer(request: Request) -> str:
    """Dependency: somebody who is let in; their name, which is in ``request.state.person``, too."""
    if not request.state.person:
        raise HTTPException(401, "log in first")
    return str(request.state.person)


def operator(request: Request) -> str:
    """Dependency: somebody who may change things; their name, for the audit log."""
    name = viewer(request)
    if request.state.role != "operator":
        raise HTTPException(403, f"{name} may look, not change: that takes the role operator")
    return name


def _check_origin(headers: Headers) -> None:
    origin = headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
    if foreign or headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise RefusedError(403, "the request comes from a page of another origin")


async def _whole_body(headers: Headers, receive: Receive, limit: int) -> bytes:
    length = headers.get("content-length", "0")
    too_large = RefusedError(413, f"the request is larger than {limit:,} bytes")
    if not length.isdigit() or int(length) > limit:
        raise too_large
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "the request ended early")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            raise too_large
    return body


def _replaying(body: bytes, after: Receive | None = None) -> Receive:
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent and after is not None:
            return await after()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _form_field(scope: Scope, body: bytes) -> str:
    kind = Headers(scope=scope).get("content-type", "")
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return ""
    try:
        async with Request(scope, _replaying(body)).form() as form:
            return str(form.get(CSRF_FIELD, ""))
    except Exception as error:
        raise RefusedError(400, f"the form cannot be read: {error}") from None


def _answer(scope: Scope, refusal: RefusedError) -> Response:
    wants_page = not scope["path"].startswith(("/api/", MLFLOW))
    if refusal.status == 401 and wants_page and scope["method"] == "GET":
        return RedirectResponse(f"/login?next={quote(scope['path'])}", status_code=303)
    return JSONResponse({"detail": refusal.detail}, status_code=refusal.status)


def _add_headers(message: MutableMapping[str, Any], path: str) -> None:
    headers = MutableHeaders(raw=message.setdefault("headers", []))
    for name, value in _HEADERS.items():
        if path.startswith(MLFLOW) and name in ("content-security-policy", "cache-control"):
            continue
        headers.setdefault(name, value)
