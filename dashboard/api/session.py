"""Who one is, and logging in without a form."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from dashboard.context import services_of
from dashboard.pages.login import log_in, log_out, set_cookie
from noria.typed_config import TypedConfig

router = APIRouter(prefix="/api/session", tags=["session"])

Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f]*$")]


class Login(TypedConfig):
    """What logs somebody in."""

    token: Line = Field(max_length=200, description="The token that noria dashboard printed.")
    name: Line = Field("", max_length=60, description="Your name, for the audit log.")


@router.get("")
def show(request: Request) -> dict[str, str]:
    """Name, role, and the CSRF token that changes have to bring as X-CSRF-Token (not with a bearer token)."""
    return {
        "person": request.state.person,
        "role": request.state.role,
        "csrf_token": request.state.csrf_token,
        "auth": services_of(request).settings.auth,
    }


@router.post("")
def login(request: Request, body: Login) -> Response:
    """Takes a token, sets the cookie of a login."""
    cookie = log_in(request, body.token, body.name)
    if cookie is None:
        raise HTTPException(401, "this token is not known here")
    answer = JSONResponse({"state": "logged in"})
    set_cookie(request, answer, cookie)
    return answer


@router.delete("")
def logout(request: Request) -> Response:
    """Ends the login and takes the cookie away."""
    answer = JSONResponse({"state": "logged out"})
    log_out(request, answer)
    return answer
