"""The one kind of error that reaches a user as a message instead of a traceback."""

from __future__ import annotations


class NoriaError(Exception):
    """Bad input, a broken installation or a failed check, told so that a person can act on it.

    Attributes:
        message: What was got and what was expected, naming the file, field or step.
        hint: What to do next; empty when the message already says it.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  -> {self.hint}" if self.hint else self.message


class ConfigError(NoriaError):
    """A configuration that does not fit its typed model; the message names each field."""


class DataError(NoriaError):
    """Input data that cannot be used; the message names the file, how many rows and the first few."""


def first_few(values: object, limit: int = 5) -> str:
    """Lists the first values of an iterable for an error message, e.g. ``3, 7, 9, ... (41 in all)``."""
    items = [str(v) for v in values]  # type: ignore[attr-defined]
    shown = ", ".join(items[:limit])
    return f"{shown}, ... ({len(items)} in all)" if len(items) > limit else shown
