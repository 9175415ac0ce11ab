"""The application: services, routes, the guard in front of them, what runs beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dashboard import mlflow_proxy
from dashboard.access import AccessStore
from dashboard.api import artifacts, audit, logs, pipelines, runs, session
from dashboard.api import compare as compare_api
from dashboard.api import models as models_api
from dashboard.api import schedules as schedules_api
from dashboard.audit import AuditLog
from dashboard.context import Services
from dashboard.masking import Mask
from dashboard.pages import compare, login, models, overview, play, run, schedules, start_run
from dashboard.run_index import NotFoundError, RunIndex
from dashboard.security import Guard, viewer
from dashboard.server_events import OpenStreams
from dashboard.services.server_schedules import ServerSchedules
from dashboard.settings import DashboardSettings
from dashboard.static_files import StaticFiles
from dashboard.templating import STATIC, page
from noria.errors import NoriaError
from noria.home import Home
from orchestration.scheduling.database import open_database
from orchestration.scheduling.run_queue import RunQueue
from orchestration.scheduling.schedule_store import ScheduleStore
from orchestration.scheduling.scheduler import Scheduler

# Each router carries its whole path. Reading takes the role viewer; changes ask for operator themselves,
# and the guard refuses them without it in any case.
_API = (runs, logs, artifacts, pipelines, schedules_api, models_api, compare_api, audit)
_PAGES = (overview, start_run, run, compare, schedules, models, play)


def create_app(settings: DashboardSettings) -> FastAPI:
    """Makes the application; what runs beside it starts and ends with its lifespan."""
    services, access = make_services(settings), AccessStore(settings.home)
    access.make_tokens()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.scheduler:
            services.scheduler.start()
        server = mlflow_proxy.MlflowServer(services.home) if settings.mlflow else None
        if server is not None:
            server.start()
        app.state.mlflow = server
        yield
        if settings.scheduler:
            services.scheduler.stop()
        if server is not None:
            await server.stop()

    app = FastAPI(
        title="Noria",
        description="Pipelines, runs, schedules and models. Changes take the role operator.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.services = services
    app.state.access = access
    for router in (*_API, *_PAGES):
        app.include_router(router.router, dependencies=[Depends(viewer)])
    for router in (session, login, mlflow_proxy):
        app.include_router(router.router)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_middleware(Guard, settings=settings, access=access)
    app.add_exception_handler(NoriaError, _told)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misfit)
    app.add_exception_handler(UnicodeError, _unreadable)
    return app


def make_services(settings: DashboardSettings) -> Services:
    """Opens the database and what is built on it."""
    home = Home(settings.home)
    home.root.mkdir(parents=True, exist_ok=True)
    database = open_database(home, settings.database)
    mask = Mask(settings.secret_environment)
    return Services(
        settings=settings,
        home=home,
        database=database,
        schedules=ScheduleStore(database),
        queue=RunQueue(database),
        scheduler=Scheduler(home, database, settings.max_running, notifications=settings.notifications),
        audit=AuditLog(database),
        runs=RunIndex(home),
        mask=mask,
        servers=ServerSchedules(mask),
        streams=OpenStreams(settings.max_streams),
    )


def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, NoriaError)
    mask: Mask = request.app.state.services.mask
    status = 404 if isinstance(error, NotFoundError) else 400
    return _failure(request, status, mask.text(error.message), mask.text(error.hint))


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _failure(request, error.status_code, str(error.detail), "")


def _misfit(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # What was sent is not repeated: it may be secret, and need not be JSON.
    fields = [{"field": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in error.errors()]
    message = "; ".join(f"{item['field']}: {item['message']}" for item in fields)
    return _failure(request, 422, message, "", fields=fields)


def _unreadable(request: Request, error: Exception) -> Response:
    del error
    # JSON can name halves of signs that no text holds.
    return _failure(request, 400, "the request holds signs that are no Unicode text", "")


def _failure(request: Request, status: int, message: str, hint: str, **more: object) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": message, "hint": hint, **more}, status)
    if request.url.path.startswith("/static/"):
        return PlainTextResponse(message, status)
    heading = {404: "Not found", 403: "Not allowed"}.get(status, "That did not work")
    return page(request, "error.html", status, heading=heading, message=message, hint=hint)
