"""Stand-ins for kind, kubectl, docker and podman that write down how they were called."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.infra.conftest import ROOT

SYSTEM = ["bash", "env", "cat", "dirname", "grep", "base64", "head", "tail", "tr", "date", "sleep", "sh"]
TOOL = """#!{python} -IS
import json, os, sys
from pathlib import Path
name, arguments = Path(sys.argv[0]).name, sys.argv[1:]
line = " ".join([name, *arguments])
with open(os.environ["CALLS"], "a") as calls:
    calls.write(line + "\\n")
if "--filename=-" in arguments or "/dev/stdin" in arguments:
    sys.stdin.read()
for rule in json.loads(os.environ["RULES"]):
    if rule["call"] in line:
        sys.stdout.write(rule.get("output", ""))
        if "touch" in rule:
            Path(rule["touch"]).touch()
        sys.exit(rule.get("status", 0))
"""


class Machine:
    """A machine with a copy of infra/ and chosen stubs on its path."""

    def __init__(self, folder: Path, tools: tuple[str, ...] = ("kind", "kubectl", "git", "docker")) -> None:
        """``tools`` are those that are installed."""
        self.folder, self.calls_file = folder, folder / "calls"
        shutil.copytree(ROOT / "infra", folder / "infra", ignore=shutil.ignore_patterns("__pycache__"))
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in SYSTEM:
            (self.bin / name).symlink_to(shutil.which(name) or name)
        for name in tools:
            self._write(self.bin / name)
        self._write(folder / "infra/image/build.sh")

    def run(
        self, script: str, *arguments: str, rules: list[dict[str, object]] | None = None, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a script of infra/; ``rules`` say what calls that contain a text print and return."""
        environment = {
            "PATH": str(self.bin),
            "HOME": str(self.folder),
            "CALLS": str(self.calls_file),
            "RULES": json.dumps(rules or []),
            "POLL_SECONDS": "0",
        } | extra
        command = [str(self.folder / "infra" / script), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, check=False, timeout=300
        )

    def calls(self) -> list[str]:
        """The calls so far, in their order."""
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []

    def forget(self) -> None:
        """Forgets the calls so far."""
        self.calls_file.unlink(missing_ok=True)

    def _write(self, path: Path) -> None:
        path.write_text(TOOL.replace("{python}", sys.executable))
        os.chmod(path, 0o755)  # noqa: PTH101 - a new file of ours
