"""Whether tests may use the device ``web`` here."""

from __future__ import annotations

import os

import pytest

from components.device_lab.browser import browser_problem


def require_web() -> None:
    """Fetches the web runtime; skips the test where Chromium or npm is missing, or fails it where
    ``NORIA_REQUIRE_DEVICES`` is set."""
    problem = browser_problem(install=True)
    if problem is not None:
        if os.environ.get("NORIA_REQUIRE_DEVICES"):
            pytest.fail(str(problem))
        pytest.skip(str(problem))
