"""Failures and promotions reach a webhook and a mailbox, later where they do not answer at first."""

from __future__ import annotations

import json
import socketserver
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from orchestration.run_record import RunRecord, now
from orchestration.scheduling.database import messages
from orchestration.scheduling.notifications import (
    Messenger,
    NotificationSettings,
    SmtpSettings,
    queue_messages,
)


@contextmanager
def _serving(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def webhook():
    """Port, what it was told, and the answers it will give before it is well again."""
    told, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = answers.pop(0) if answers else 200
            if status == 200:
                told.append(json.loads(body))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}/hook?key=planted-secret", told, answers


class _Mailbox(socketserver.StreamRequestHandler):
    """Speaks as much SMTP as smtplib asks of it."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line.strip().upper()[:4]
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b""
                while (line := self.rfile.readline()) != b".\r\n":
                    text += line
                self.server.letters.append(text.decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
            if word == b"QUIT":
                return


def _tell(world, settings, **facts):
    record = RunRecord("abcd2345", "toy", "local", facts.pop("state", "failed"), now(), 1, **facts)
    with world.database.writing() as connection:
        queue_messages(connection, settings, record)


def _rows(world):
    with world.database.reading() as connection:
        return list(connection.execute(select(messages)))


def test_kept_until_the_webhook_takes_it(world, webhook):
    address, told, answers = webhook
    answers += [500, 302, 503]
    settings = NotificationSettings(webhooks=[address], dashboard_url="http://here")
    moment = [datetime.now(UTC) + timedelta(seconds=1)]
    messenger = Messenger(world.database, settings, lambda: moment[0])
    _tell(world, settings, error="step total failed")
    _tell(world, settings, error="told twice")
    for attempt in range(1, 4):
        assert messenger.deliver() == 0
        assert messenger.deliver() == 0, "not again at once"
        [row] = _rows(world)
        assert (row.attempts, row.state) == (attempt, "waiting")
        moment[0] += timedelta(minutes=5)
    assert messenger.deliver() == 1
    assert [row.state for row in _rows(world)] == ["delivered"]
    [message] = told
    assert message["event"] == "run_failed"
    assert message["error"] == "step total failed"
    assert message["url"] == "http://here/runs/abcd2345"
    assert "planted-secret" not in repr(_rows(world))


def test_given_up_in_the_end(sqlite_world):
    settings = NotificationSettings(webhooks=["http://127.0.0.1:1/"], attempts=2)
    moment = datetime.now(UTC)
    _tell(sqlite_world, settings)
    for minutes in (5, 10, 15):
        later = moment + timedelta(minutes=minutes)
        Messenger(sqlite_world.database, settings, lambda later=later: later).deliver()
    [row] = _rows(sqlite_world)
    assert (row.state, row.attempts) == ("given up", 2)
    assert "refused" in row.error


def test_promotion_by_mail_and_nothing_of_what_went_well_otherwise(sqlite_world):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mailbox)
    server.letters = []
    with _serving(server) as port:
        smtp = SmtpSettings(
            host="127.0.0.1",
            port=port,
            security="none",
            sender="noria@here.example",
            recipients=["a@b.example"],
        )
        settings = NotificationSettings(smtp=smtp)
        _tell(sqlite_world, settings, state="succeeded", metrics={"promoted_player": 1.0, "promoted_x": 0.0})
        later = datetime.now(UTC) + timedelta(seconds=1)
        assert Messenger(sqlite_world.database, settings, lambda: later).deliver() == 1
    [letter] = server.letters
    assert "Subject: Noria: model player promoted (toy)" in letter
    assert "To: a@b.example" in letter


def test_a_run_that_fails_under_the_scheduler_is_told_of_once(sqlite_world, webhook):
    world = sqlite_world
    address, told, _ = webhook
    world.notifications, world.state = NotificationSettings(webhooks=[address]), "failed"
    world.add("* * * * *")
    world.pass_by(minutes=1)
    scheduler = world.scheduler()
    world.finish(scheduler)
    scheduler.run_once()
    later = datetime.now(UTC) + timedelta(seconds=1)
    Messenger(world.database, world.notifications, lambda: later).deliver()
    assert [message["run"] for message in told] == world.begun()
