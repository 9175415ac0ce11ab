"""Who is champion, for pages that must not wait: the registry is asked in the background."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noria.errors import NoriaError

_FRESH_FOR = 30.0


@dataclass(frozen=True)
class Champion:
    """The champion of a registered model; ``created`` is ISO 8601 in UTC."""

    model: str
    pipeline: str
    version: str
    created: str


class Champions:
    """The registry's last answer."""

    def __init__(self, ask: Callable[[], list[Champion]]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._asking = False
        self._asked = float("-inf")
        self._known: list[Champion] | None = None
        self.error = ""

    def known(self) -> list[Champion] | None:
        """What is known, None before the first answer; asks again in the background when that is old."""
        with self._lock:
            if not self._asking and time.monotonic() - self._asked > _FRESH_FOR:
                self._asking = True
                threading.Thread(target=self._refresh, name="champions", daemon=True).start()
            return self._known

    def forget(self) -> None:
        """Lets the next call ask again, e.g. after a roll back."""
        with self._lock:
            self._asked = float("-inf")

    def _refresh(self) -> None:
        try:
            found, error = self._ask(), ""
        except NoriaError as failure:
            found, error = None, failure.message
        except Exception as failure:  # a page tells it; the thread must not end in silence
            found, error = None, f"{type(failure).__name__}: {failure}"
        with self._lock:
            self._known = found if found is not None else self._known
            self.error, self._asking, self._asked = error, False, time.monotonic()


def forget_champions(state: Any) -> None:
    """Lets the pages of an application (``app.state``) ask again, because a champion was changed here."""
    champions: Champions | None = getattr(state, "champions", None)
    if champions is not None:
        champions.forget()
