"""MLflow's pages under /mlflow: a server of its own on loopback, passed through."""

from __future__ import annotations

from fastapi import APIRouter

from dashboard.context import Services

router = APIRouter(include_in_schema=False)


class MlflowServer:
    """The child process."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def start(self) -> None:
        """Starts it."""

    async def stop(self) -> None:
        """Ends it."""
