"""Logging in with a token, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from dashboard.access import AccessStore
from dashboard.context import services_of
from dashboard.security import COOKIE
from dashboard.templating import page

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def healthz() -> Response:
    """Says that the server answers."""
    return PlainTextResponse("ok")


@router.get("/login")
def show(request: Request, next: str = "/") -> Response:
    """The form."""
    return page(request, "login.html", error="", next=_local(next))


@router.post("/login")
def login(
    request: Request,
    token: Annotated[str, Form(max_length=200)] = "",
    name: Annotated[str, Form(max_length=60)] = "",
    next: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Takes the token, gives a cookie."""
    cookie = log_in(request, token, name)
    if cookie is None:
        return page(request, "login.html", 401, error="This token is not known here.", next=_local(next))
    answer = RedirectResponse(_local(next), 303)
    set_cookie(request, answer, cookie)
    return answer


@router.post("/logout")
def logout(request: Request) -> Response:
    """Ends the login and takes the cookie away."""
    answer = RedirectResponse("/login", 303)
    log_out(request, answer)
    return answer


def log_in(request: Request, token: str, name: str) -> str | None:
    """The cookie for a token; None for a token that is not known. Both are written to the audit log."""
    services, access = services_of(request), request.app.state.access
    assert isinstance(access, AccessStore)
    role = access.role_of(token.strip()) if services.settings.auth == "token" else None
    person = " ".join(name.split()) or "somebody"
    address = request.client.host if request.client else ""
    services.audit.write(person, "log in" if role else "log in refused", role or "", {"address": address})
    return access.login(person, role, services.settings.session_hours) if role else None


def log_out(request: Request, answer: Response) -> None:
    """Ends the login that the request came with, for every copy of its cookie, too."""
    access = request.app.state.access
    assert isinstance(access, AccessStore)
    access.log_out(request.cookies.get(COOKIE, ""))
    services_of(request).audit.write(request.state.person, "log out", request.state.role)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")


def set_cookie(request: Request, answer: Response, cookie: str) -> None:
    """A cookie that scripts cannot read and that no other site's page makes the browser send."""
    hours = services_of(request).settings.session_hours
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, cookie, max_age=hours * 3600, httponly=True, samesite="strict", secure=secure)


def _local(address: str) -> str:
    # "//host" and "/\host" lead to other servers.
    return address if address.startswith("/") and address[1:2] not in ("/", "\\") else "/"
