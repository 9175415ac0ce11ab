"""A process in a file system of its own, standing in for a container (needs root).

Every container sees this machine's files and writes into memory that is gone with it; volumes are bound
to folders. The network is this machine's, with the cluster's names in /etc/hosts.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

# So that nothing outlives a test that was killed; the parent is the thread that starts it.
DIES_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
_DEVICES = ("null", "zero", "full", "random", "urandom")


@dataclass
class Sandbox:
    """What all containers of a stand-in cluster share.

    Attributes:
        scratch: A folder for mount points.
        binaries: The folder of KFP's and Argo's programs, seen as /opt/kfp/bin.
        source: The checkout, seen as /opt/noria.
        python: The folder of the Python environment's programs.
        service_account: Folder with token, ca.crt and namespace.
        hosts: Addresses by name.
        environment: Variables of every container.
    """

    scratch: Path
    binaries: Path
    source: Path
    python: Path
    service_account: Path
    hosts: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        mounts: Mapping[str, Path],
        output: IO[Any] | int,
        workdir: str = "/",
        termination: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Starts a container.

        Args:
            command: Program and arguments, looked up in the container's PATH.
            environment: Its variables, besides the shared ones.
            mounts: What it sees where: absolute path in the container -> folder or file here.
            output: Where its standard output and error go.
            workdir: Its working directory.
            termination: The file that it sees as /dev/termination-log.
        """
        stage = self.scratch / "root"
        stage.mkdir(parents=True, exist_ok=True)
        root = f"{stage}/root"
        lines = [
            "set -e",
            f"mount -t tmpfs -o mode=755 none {stage}",
            f"mkdir {stage}/upper {stage}/work {root}",
            f"mount -t overlay -o lowerdir=/,upperdir={stage}/upper,workdir={stage}/work none {root}",
            # A link to /run, which would lead out of the container's root while it is put together.
            f"rm -f {root}/var/run; mkdir -p {root}/var/run",
            f"mount -t proc none {root}/proc",
            f"mount -t tmpfs -o mode=755 none {root}/dev; mkdir -m 1777 {root}/dev/shm",
            *(f"touch {root}/dev/{d}; mount --bind /dev/{d} {root}/dev/{d}" for d in _DEVICES),
            f"mount -t tmpfs -o mode=1777 none {root}/tmp",
            f"printf %s {shlex.quote(self._hosts())} > {root}/etc/hosts",
        ]
        bound = {
            "/opt/kfp/bin": self.binaries,
            "/opt/noria": self.source,
            "/var/run/secrets/kubernetes.io/serviceaccount": self.service_account,
            **mounts,
        }
        for place, folder in sorted(bound.items()):
            target, here = shlex.quote(root + place), shlex.quote(str(folder))
            if folder.is_dir():
                lines.append(f"mkdir -p {target}; mount --bind {here} {target}")
            else:
                lines.append(f"mkdir -p $(dirname {target}); touch {target}; mount --bind {here} {target}")
        if termination is not None:
            termination.touch()
            target = f"{root}/dev/termination-log"
            lines.append(f"touch {target}; mount --bind {shlex.quote(str(termination))} {target}")
        lines.append(f'exec chroot {root} /bin/sh -c \'cd "$0"; exec "$@"\' {shlex.quote(workdir)} "$@"')
        variables = {
            "PATH": f"{self.python}:/opt/kfp/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": "/tmp",
            **self.environment,
            **environment,
        }
        wrapper = [
            *DIES_WITH_PARENT,
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "/bin/bash",
            "-c",
            "\n".join(lines),
        ]
        return subprocess.Popen(
            [*wrapper, "container", *command],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _hosts(self) -> str:
        lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name, address in self.hosts.items())]
        return "\n".join(lines) + "\n"


def stop(process: subprocess.Popen[bytes], grace: float = 0) -> None:
    """Ends a container: asks its first process, then, after so many seconds, kills it and all others."""
    if process.poll() is None and grace:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    if process.poll() is None:
        # The first process of a process namespace takes all others along.
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
