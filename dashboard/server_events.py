"""Server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import StreamingResponse


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


def event_stream(events: AsyncIterator[ServerEvent | None]) -> StreamingResponse:
    """The answer that sends events as they come; None keeps the connection open."""

    async def encoded() -> AsyncIterator[bytes]:
        async for event in events:
            yield b": still here\n\n" if event is None else event.encode()

    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return StreamingResponse(encoded(), media_type="text/event-stream", headers=headers)
