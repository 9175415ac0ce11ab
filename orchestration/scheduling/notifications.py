"""Telling people that a run failed or a model was promoted: webhooks and e-mail, kept until delivered.

A message is written down in the same transaction as what it tells of, once per event and channel. Delivery
is at least once: a scheduler that dies while it sends leaves the message to be sent again.
"""

from __future__ import annotations

import json
import os
import smtplib
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from hashlib import sha256
from typing import Any, Literal

from pydantic import Field, PositiveInt, field_validator
from sqlalchemy import Connection, Row, select, update

from noria.errors import NoriaError
from noria.typed_config import TypedConfig
from orchestration.run_record import RunRecord, now
from orchestration.scheduling.database import Database, messages
from orchestration.scheduling.due_times import iso

_TIMEOUT = 15.0
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(hours=1)
_PROMOTED = "promoted_"


class SmtpSettings(TypedConfig):
    """A mail server."""

    host: str = Field(description="Its name.")
    port: PositiveInt = Field(587, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the line is encrypted.")
    user: str = Field("", description="Who we are there; empty: nobody asks.")
    password_variable: str = Field(
        "NORIA_SMTP_PASSWORD", description="Environment variable that holds the password."
    )
    sender: str = Field(description="The From address.")
    recipients: list[str] = Field(min_length=1, description="The To addresses.")


class NotificationSettings(TypedConfig):
    """Who is told that a run failed or a model was promoted."""

    webhooks: list[str] = Field(default=[], description="Addresses that get a POST with JSON.")
    smtp: SmtpSettings | None = Field(None, description="E-mail; null: none.")
    attempts: PositiveInt = Field(12, description="Deliveries tried before a message is given up.")
    dashboard_url: str = Field("", description="Beginning of links in messages; empty: no links.")

    @field_validator("webhooks")
    @classmethod
    def _check(cls, addresses: list[str]) -> list[str]:
        if any(not address.startswith(("http://", "https://")) for address in addresses):
            raise ValueError("expected addresses that begin with https:// or http://")
        return addresses

    def channels(self) -> dict[str, str]:
        """Name of each channel -> webhook's address, empty for e-mail.

        Addresses of webhooks are as good as passwords, so the database gets a digest of them.
        """
        found = {f"webhook {sha256(url.encode()).hexdigest()[:12]}": url for url in self.webhooks}
        return found | ({"e-mail": ""} if self.smtp else {})


def queue_messages(connection: Connection, settings: NotificationSettings, record: RunRecord) -> None:
    """Writes down what has to be told of a run that is over, as a part of a transaction."""
    facts = {"run": record.id, "pipeline": record.pipeline, "target": record.target, "state": record.state}
    if record.state == "failed":
        queue_message(connection, settings, "run_failed", record.id, {**facts, "error": record.error})
    for name, value in record.metrics.items():
        if name.startswith(_PROMOTED) and value:
            model = name.removeprefix(_PROMOTED)
            subject = f"{record.id} {model}"
            queue_message(connection, settings, "model_promoted", subject, {**facts, "model": model})


def queue_message(
    connection: Connection, settings: NotificationSettings, event: str, subject: str, facts: dict[str, Any]
) -> None:
    """Writes down one event for every channel; an event that is known already is not told again."""
    link = {"url": f"{settings.dashboard_url}/runs/{facts['run']}"} if settings.dashboard_url else {}
    key = f"{event} {subject}"[:80]
    for channel in settings.channels():
        same = (messages.c.event == key, messages.c.channel == channel)
        if connection.scalar(select(messages.c.id).where(*same)) is not None:
            continue
        connection.execute(
            messages.insert().values(
                event=key,
                channel=channel,
                body=json.dumps({"event": event, **facts, **link, "at": now()}),
                created=now(),
                state="waiting",
                next_try=now(),
            )
        )


class Messenger:
    """Delivers what waits, and tries again later and later."""

    def __init__(
        self,
        database: Database,
        settings: NotificationSettings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock

    def deliver(self) -> int:
        """Tries every message that is due once; returns how many arrived."""
        arrived = 0
        while row := self._take():
            error = self._send(row)
            arrived += not error
            given_up = bool(error) and row.attempts + 1 >= self._settings.attempts
            state = "given up" if given_up else "waiting" if error else "delivered"
            with self._database.writing() as connection:
                same = update(messages).where(messages.c.id == row.id)
                connection.execute(same.values(state=state, error=error))
        return arrived

    def _take(self) -> Row[Any] | None:
        """The next message, moved on to its next try first, so that nobody else takes it, too."""
        moment = self._clock()
        due = (messages.c.state == "waiting", messages.c.next_try <= iso(moment))
        with self._database.writing() as connection:
            row = connection.execute(select(messages).where(*due).order_by(messages.c.id)).first()
            if row is not None:
                pause = min(_FIRST_PAUSE * 2 ** min(row.attempts, 20), _LONGEST_PAUSE)
                # Longer than a delivery may take.
                later = iso(moment + pause + timedelta(seconds=2 * _TIMEOUT if row.attempts else _TIMEOUT))
                same = update(messages).where(messages.c.id == row.id)
                connection.execute(same.values(attempts=row.attempts + 1, next_try=later))
            return row

    def _send(self, row: Row[Any]) -> str:
        """Sends one message; returns why that failed, without the address."""
        address = self._settings.channels().get(row.channel)
        if address is None:
            return "there is no such channel in the settings any more"
        try:
            if address:
                _post(address, row.body)
            elif self._settings.smtp:
                _mail(self._settings.smtp, json.loads(row.body))
        except urllib.error.HTTPError as error:
            return f"the webhook answered {error.code}"
        except (OSError, smtplib.SMTPException, NoriaError, ValueError) as error:
            return f"{type(error).__name__}: {getattr(error, 'reason', error)}"
        return ""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A webhook that sends us elsewhere has moved; following would tell a third party."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _post(address: str, body: str) -> None:
    headers = {"Content-Type": "application/json", "User-Agent": "noria"}
    request = urllib.request.Request(address, body.encode(), headers, method="POST")
    opener = urllib.request.build_opener(_NoRedirects)
    with opener.open(request, timeout=_TIMEOUT) as answer:
        answer.read(1)


def _mail(settings: SmtpSettings, facts: dict[str, Any]) -> None:
    message = EmailMessage()
    message["From"], message["To"] = settings.sender, ", ".join(settings.recipients)
    what = f"model {facts['model']} promoted" if "model" in facts else f"run {facts['run']} {facts['state']}"
    message["Subject"] = f"Noria: {what} ({facts['pipeline']})"
    message.set_content("\n".join(f"{name}: {value}" for name, value in facts.items()) + "\n")
    kind = smtplib.SMTP_SSL if settings.security == "tls" else smtplib.SMTP
    with kind(settings.host, settings.port, timeout=_TIMEOUT) as server:
        if settings.security == "starttls":
            server.starttls()
        if settings.user:
            password = os.environ.get(settings.password_variable)
            if not password:
                raise NoriaError(f"{settings.password_variable} is not set")
            server.login(settings.user, password)
        server.send_message(message)
