"""The command line of one emulated process."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from components.device_lab.device_run import DeviceUnavailableError
from components.device_lab.profiles import DeviceProfile


@dataclass(frozen=True)
class EmulatorFolder:
    """A folder that components.device_lab.emulator_install filled."""

    path: Path

    @property
    def host(self) -> Path:
        """qemu and the libraries it was built for."""
        return self.path / "host"

    @property
    def root(self) -> Path:
        """The root folder of an ARM machine with Python."""
        return self.path / "root"

    @property
    def site(self) -> Path:
        """LiteRT and NumPy for ARM."""
        return self.path / "site"

    @property
    def counter(self) -> Path:
        """The plugin that counts instructions; may be missing."""
        return self.path / "counter.so"

    @property
    def python(self) -> Path:
        """The ARM Python, e.g. ``.../python3.11``."""
        return _only(self.root, "usr/bin/python3.[0-9]*")

    def qemu(self) -> list[str]:
        """qemu, started by the loader and with the libraries it came with: the system's may be others.

        Debian 13's needs neither: it is linked statically.
        """
        qemu = str(_only(self.host, "usr/bin/qemu-aarch64"))
        loaders = sorted(p for p in self.host.rglob("ld-linux*.so.*") if not p.is_symlink())
        if not loaders:
            return [qemu]
        folders = sorted({str(library.parent) for library in self.host.rglob("*.so.*")})
        return [str(loaders[0]), "--library-path", ":".join(folders), qemu]

    def qemu_version(self) -> str:
        """E.g. ``7.2.22``."""
        done = subprocess.run([*self.qemu(), "--version"], capture_output=True, text=True, check=True)
        return done.stdout.split("version ", 1)[1].split()[0]

    def command(self, profile: DeviceProfile, folder: Path, *, count: bool) -> list[str]:
        """The ARM Python on one processor; arguments of Python go behind it.

        Args:
            profile: The processor.
            folder: The process's own working folder; a root folder with what the processor says of itself is
                made in it.
            count: Count instructions into ``folder/instructions.txt``.
        """
        root = self._own_root(profile, folder)
        plugin = ["-plugin", str(self._link_counter(folder))] if count and self.counter.is_file() else []
        return [*self.qemu(), "-L", str(root), "-cpu", profile.cpu, *plugin, str(self.python)]

    def environment(self, folder: Path) -> dict[str, str]:
        """Nothing of this process's own: its libraries and Python paths are another processor's."""
        return {
            "PYTHONHOME": str(self.root / "usr"),
            "PYTHONPATH": str(self.site),
            "PYTHONDONTWRITEBYTECODE": "1",
            # Counts are the same in every run only if sets and dictionaries are.
            "PYTHONHASHSEED": "0",
            "LC_ALL": "C.UTF-8",
            "TMPDIR": str(folder),
            "HOME": str(folder),
        }

    def _own_root(self, profile: DeviceProfile, folder: Path) -> Path:
        """qemu looks every path up in this folder first, /proc and /sys included, which it does not fake."""
        root = folder / "root"
        root.mkdir()
        for entry in self.root.iterdir():
            if entry.name not in ("proc", "sys"):
                (root / entry.name).symlink_to(entry)
        processors = root / "sys/devices/system/cpu"
        processors.mkdir(parents=True)
        for name in ("possible", "present", "online"):
            (processors / name).write_text("0\n")
        (root / "proc").mkdir()
        (root / "proc/cpuinfo").write_text(profile.cpuinfo)
        return root

    def _link_counter(self, folder: Path) -> Path:
        # qemu takes a comma in the path for the next argument; a temporary folder has none.
        copy = folder / "counter.so"
        shutil.copyfile(self.counter, copy)
        return copy


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(path for path in folder.glob(pattern) if not path.is_symlink())
    if not found:
        raise DeviceUnavailableError(
            f"{folder} holds no {pattern}",
            hint="remove this folder and run `noria devices setup`",
        )
    return found[0]
