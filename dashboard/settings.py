"""What the dashboard is told when it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from noria.typed_config import TypedConfig
from orchestration.scheduling.notifications import NotificationSettings

Role = Literal["viewer", "operator"]


class DashboardSettings(TypedConfig):
    """Everything about the dashboard that is not remembered in its database."""

    home: Path = Field(description="Home folder: runs, artifacts and databases.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: NonNegativeInt = Field(8377, le=65535, description="Port to listen on; 0: any free one.")
    database: str = Field("", description="URL of a Postgres database; empty: SQLite in the home folder.")
    max_running: PositiveInt = Field(1, description="Runs on this machine that may go on at the same time.")
    scheduler: bool = Field(True, description="Whether this process fires schedules and launches runs.")
    mlflow: bool = Field(True, description="Whether MLflow's pages are served under /mlflow.")
    auth: Literal["token", "proxy", "none"] = Field(
        "token",
        description="Who is let in: those with the token; those that a proxy in front names in a header; "
        "everybody on this machine, as an operator (tests).",
    )
    session_hours: PositiveInt = Field(12, description="auth token: how long a login lasts.")
    proxy_header: str = Field(
        "X-Forwarded-Email", description="auth proxy: the header that names the person, set by the proxy."
    )
    trusted_proxies: list[str] = Field(
        default_factory=lambda: ["127.0.0.1", "::1"],
        description="auth proxy: addresses whose header is believed; others are refused.",
    )
    roles: dict[str, Role] = Field(
        default_factory=dict, description="auth proxy: role of each person; '*' is everybody else."
    )
    allowed_hosts: list[str] = Field(
        default_factory=list, description="Names beside host and localhost that a request may address."
    )
    max_body: PositiveInt = Field(2_000_000, description="Bytes that a request may bring at most.")
    max_streams: PositiveInt = Field(
        100, description="Live logs and live runs that may be open at the same time; more get 503."
    )
    secret_environment: list[str] = Field(
        default_factory=list,
        description="Environment variables whose values are masked in pages, API and logs; those named like "
        "a secret are masked in any case.",
    )
    notifications: NotificationSettings = Field(
        default_factory=NotificationSettings, description="Who is told of failures and promotions."
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.absolute()
