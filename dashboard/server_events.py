"""Server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

# Seconds after which somebody who was refused a stream may ask again; app.js waits as long.
RETRY_AFTER = 5


@dataclass(frozen=True)
class ServerEvent:
    """One event.

    Attributes:
        kind: What the page listens for.
        data: Sent as JSON; a str as it is.
        id: What a browser sends as Last-Event-ID when it connects again; empty: none.
    """

    kind: str
    data: Any
    id: str = ""

    def encode(self) -> bytes:
        """As it goes over the wire."""
        text = self.data if isinstance(self.data, str) else json.dumps(self.data)
        # A carriage return would end a line, too.
        lines = [f"data: {line}" for line in text.replace("\r", "").split("\n")]
        head = [f"id: {self.id}"] if self.id else []
        return ("\n".join([*head, f"event: {self.kind}", *lines]) + "\n\n").encode("utf-8", "replace")


class OpenStreams:
    """How many streams are open in this process; only the event loop counts, so nothing is locked."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.open = 0


class EventStream(StreamingResponse):
    """The answer that sends events as they come; None keeps the connection open.

    Every open stream looks at files twice a second: where as many as may be are open, the answer is 503 with
    Retry-After.
    """

    def __init__(self, events: AsyncIterator[ServerEvent | None], streams: OpenStreams) -> None:
        async def encoded() -> AsyncIterator[bytes]:
            async for event in events:
                yield b": still here\n\n" if event is None else event.encode()

        headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
        super().__init__(encoded(), media_type="text/event-stream", headers=headers)
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the events, or says that there are too many streams."""
        streams = self._streams
        if streams.open >= streams.most:
            told = {
                "detail": f"{streams.open} event streams are open here, and no more may be",
                "hint": "close pages of runs that go on, or raise max_streams in the dashboard's settings",
            }
            await JSONResponse(told, 503, {"retry-after": str(RETRY_AFTER)})(scope, receive, send)
            return
        streams.open += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            streams.open -= 1
