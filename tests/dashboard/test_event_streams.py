"""Event streams: so many at the same time, a clear answer to the next one, a place again when one ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dashboard.server_events import EventStream, OpenStreams, ServerEvent
from noria.home import Home
from tests.dashboard.stored_runs import client_of, store_run

SCOPE = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"spec_version": "2.0"}}


@pytest.mark.parametrize("path", ["events", "logs/total?follow=true"])
def test_no_more_than_so_many(tmp_path: Path, path: str) -> None:
    run = store_run(Home(tmp_path)).id
    client = client_of(tmp_path, max_streams=2)
    streams = client.app.state.services.streams
    streams.open = 2
    refused = client.get(f"/api/runs/{run}/{path}")
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert "max_streams" in refused.json()["hint"]
    assert streams.open == 2
    streams.open = 1
    answer = client.get(f"/api/runs/{run}/{path}")
    assert answer.status_code == 200
    assert "event: end" in answer.text
    assert streams.open == 1


def test_who_hangs_up_leaves_a_place() -> None:
    async def endless() -> AsyncIterator[ServerEvent | None]:
        while True:
            yield ServerEvent("text", "more")
            await asyncio.sleep(0)

    async def answered(streams: OpenStreams) -> list[int]:
        gone, begun, statuses = asyncio.Event(), asyncio.Event(), []

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            elif message.get("body"):
                begun.set()

        first = asyncio.create_task(EventStream(endless(), streams)(SCOPE, receive, send))
        await begun.wait()
        assert streams.open == 1
        await EventStream(endless(), streams)(SCOPE, receive, send)
        gone.set()
        await first
        assert streams.open == 0
        return statuses

    # In a thread of its own: the browser of other tests has a loop that goes on in this one.
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(asyncio.run, answered(OpenStreams(1))).result() == [200, 503]
