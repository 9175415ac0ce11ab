"""Reading ``uv.lock``: what an installation with given extras consists of."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).parents[2]
# Debian 12's C library is 2.36; a wheel for a newer one neither installs nor loads there.
_PLATFORMS = [
    *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
    "linux_x86_64",
]
_TAGS: frozenset[Tag] = frozenset(
    [
        *cpython_tags((3, 11), platforms=_PLATFORMS),
        *compatible_tags((3, 11), "cp311", _PLATFORMS),
    ]
)


@dataclass
class LockFile:
    """The packages of a lock file by name."""

    packages: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path = ROOT / "uv.lock") -> LockFile:
        """Reads a lock file in which no package has two versions."""
        packages = tomllib.loads(path.read_text(encoding="utf-8"))["package"]
        by_name = {package["name"]: package for package in packages}
        assert len(by_name) == len(packages), "a package is locked in two versions"
        return cls(by_name)

    def installed(self, extras: frozenset[str] = frozenset()) -> dict[str, str]:
        """Name -> version of what ``uv sync --no-dev`` installs with these extras of Noria's."""
        seen: set[tuple[str, str]] = set()
        todo = [("noria", ""), *(("noria", extra) for extra in extras)]
        while todo:
            name, extra = todo.pop()
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            package = self.packages[name]
            if extra:
                wanted = package.get("optional-dependencies", {})[extra]
            else:
                wanted = package.get("dependencies", [])
            for dependency in wanted:
                todo += [(dependency["name"], part) for part in ("", *dependency.get("extra", []))]
        return {name: self.packages[name]["version"] for name, _ in seen if name != "noria"}

    def has_wheel_for_debian_12(self, name: str) -> bool:
        """Whether a wheel of the locked version loads on Debian 12 with Python 3.11."""
        files = [wheel["url"].rsplit("/", 1)[-1] for wheel in self.packages[name].get("wheels", [])]
        return any(parse_wheel_filename(file)[3] & _TAGS for file in files)
