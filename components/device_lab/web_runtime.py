"""LiteRT's web runtime from npm, installed from a lock file into ``.tools/web``, for the device
``web`` and the dashboard's page Play.

Run as a program it installs, or says what is missing: ``python -m components.device_lab.web_runtime``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from noria.errors import NoriaError
from noria.files import write_bytes
from noria.locks import locked

PACKAGE = Path(__file__).parent / "web"
FOLDER = Path(__file__).parents[2] / ".tools" / "web"
# What of it a browser may ask for: the name below the runtime's address, and the file below node_modules.
FILES = {
    "litert.js": "@litertjs/core/dist/index.js",
    "wasm-utils.js": "@litertjs/wasm-utils/dist/bundle.js",
    **{
        f"wasm/{name}.{kind}": f"@litertjs/core/wasm/{name}.{kind}"
        # For processors and browsers with relaxed SIMD, and for those without.
        for name in ("litert_wasm_internal", "litert_wasm_compat_internal")
        for kind in ("js", "wasm")
    },
}
INSTALL = "python -m components.device_lab.web_runtime"
_LOCK = "package-lock.json"
# A copy of the lock file, written when everything that it names is there.
_MARK = "installed.json"


def runtime_file(name: str) -> Path | None:
    """The file behind a name in FILES; None where there is none, or none is installed."""
    if name not in FILES:
        return None
    path = FOLDER / "node_modules" / FILES[name]
    return path if path.is_file() else None


def runtime_module(path: Path) -> str:
    """Text of a module of the runtime, for a browser: it knows no packages, only addresses."""
    return path.read_text(encoding="utf-8").replace('"@litertjs/wasm-utils"', '"./wasm-utils.js"')


def installed() -> bool:
    """Whether everything in FILES is there."""
    return all(runtime_file(name) for name in FILES)


def up_to_date() -> bool:
    """Whether what is there is what the lock file says."""
    mark = FOLDER / _MARK
    return installed() and mark.is_file() and mark.read_bytes() == (PACKAGE / _LOCK).read_bytes()


def install() -> Path:
    """Installs what the lock file says, unless it is there, and returns the folder.

    Raises:
        NoriaError: npm is missing, or could not install it.
    """
    if up_to_date():
        return FOLDER
    with locked(FOLDER.parent / "web.lock"):
        return FOLDER if up_to_date() else _install()


def _install() -> Path:
    if not (npm := shutil.which("npm")):
        raise NoriaError(
            "npm is not on the path; LiteRT's web runtime comes from it",
            hint=f"install npm (on Debian: apt install npm), then: {INSTALL}",
        )
    (FOLDER / _MARK).unlink(missing_ok=True)
    for name in ("package.json", ".npmrc", _LOCK):
        write_bytes(FOLDER / name, (PACKAGE / name).read_bytes())
    # Packages' own scripts are not run: these need none.
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode or not installed():
        raise NoriaError(
            f"npm ci in {FOLDER} ended with status {done.returncode}: {done.stderr.strip()[-1000:]}",
            hint=f"with the network back, again: {INSTALL}",
        )
    write_bytes(FOLDER / _MARK, (PACKAGE / _LOCK).read_bytes())
    return FOLDER


def main() -> int:
    """Installs; the exit status."""
    try:
        print(f"LiteRT's web runtime is in {install()}")
    except NoriaError as error:
        print(f"{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
