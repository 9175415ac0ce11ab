"""A headless Chromium that is found on the path, and that leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from components.device_lab.device_run import DeviceUnavailableError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = (
    "--headless=new",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-breakpad",
    # A container's /dev/shm is often 64 MB small.
    "--disable-dev-shm-usage",
)


class Browser:
    """A running Chromium; ``alive()`` tells whether it still is, ``said()`` its last lines."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def said(self) -> str:
        """The last lines that it wrote to standard error."""
        return self._log.read_text(errors="replace").strip()[-1000:]


def find_chromium() -> str | None:
    """Path of the first of PROGRAMS that is on the path; None where none is."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def missing_chromium() -> DeviceUnavailableError:
    """What is said where none is."""
    return DeviceUnavailableError(
        f"no Chromium on the path ({', '.join(PROGRAMS)})",
        hint="install one (on Debian: apt install chromium)",
    )


@contextmanager
def chromium(url: str) -> Iterator[Browser]:
    """Opens a page for the block, with a profile of its own; then ends the browser and removes the profile.

    Raises:
        DeviceUnavailableError: No Chromium is on the path.
    """
    program = find_chromium()
    if program is None:
        raise missing_chromium()
    folder = Path(tempfile.mkdtemp(prefix="noria-browser-"))
    # Chromium's sandbox refuses root; the only page that it opens is ours.
    options = [*_OPTIONS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}
    environment["XDG_CACHE_HOME"] = str(folder / "cache")
    environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    log = folder / "stderr"
    try:
        with log.open("wb") as written:
            process = subprocess.Popen(
                [program, *options, f"--user-data-dir={folder / 'profile'}", url],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=written,
                env=environment,
                start_new_session=True,
            )
        try:
            yield Browser(process, log)
        finally:
            _end(process)
    finally:
        _remove(folder)


def _end(process: subprocess.Popen[bytes]) -> None:
    # Chromium is many processes, in the session that was made for them; it may have ended by itself.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _remove(folder: Path, seconds: float = 5.0) -> None:
    # Processes that were just ended may still make a file while their folder is removed.
    end = time.monotonic() + seconds
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=time.monotonic() < end)
        time.sleep(0.02)
