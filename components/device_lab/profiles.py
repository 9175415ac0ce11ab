"""The devices by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator

from noria.errors import ConfigError


@dataclass(frozen=True)
class DeviceProfile:
    """One device.

    Attributes:
        name: What configurations call it.
        title: For people.
        kind: ``emulated``: user-mode emulation of an ARM processor; ``native``: this machine's processor;
            ``browser``: LiteRT's web runtime in headless Chromium.
        cpu: The emulator's name of the processor; empty otherwise.
        half_precision: Whether the processor has half-precision arithmetic (ARMv8.2 FEAT_FP16); None: look it
            up where the file runs.
        cpuinfo: What ``/proc/cpuinfo`` says there. XNNPACK reads it, the emulator makes none up,
            and a wrong one ends in an illegal instruction.
    """

    name: str
    title: str
    kind: Literal["emulated", "native", "browser"]
    cpu: str = ""
    half_precision: bool | None = None
    cpuinfo: str = ""


def _arm(features: str, part: int, variant: int, revision: int) -> str:
    return (
        "processor\t: 0\nBogoMIPS\t: 50.00\n"
        f"Features\t: {features}\n"
        "CPU implementer\t: 0x41\nCPU architecture: 8\n"
        f"CPU variant\t: {variant:#x}\nCPU part\t: {part:#05x}\nCPU revision\t: {revision}\n\n"
    )


_V8_0 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
_V8_2 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"

_PROFILES = (
    DeviceProfile(
        "neoverse-n1",
        "Arm Neoverse N1 (ARMv8.2, half precision), emulated",
        "emulated",
        "neoverse-n1",
        half_precision=True,
        cpuinfo=_arm(_V8_2, 0xD0C, 3, 1),
    ),
    DeviceProfile(
        "cortex-a76",
        "Arm Cortex-A76 (ARMv8.2, half precision; phones since 2018), emulated",
        "emulated",
        "cortex-a76",
        half_precision=True,
        cpuinfo=_arm(_V8_2, 0xD0B, 1, 0),
    ),
    DeviceProfile(
        "cortex-a53",
        "Arm Cortex-A53 (ARMv8.0, no half precision), emulated",
        "emulated",
        "cortex-a53",
        half_precision=False,
        cpuinfo=_arm(_V8_0, 0xD03, 0, 4),
    ),
    DeviceProfile(
        "cortex-a72",
        "Arm Cortex-A72 (ARMv8.0, no half precision), emulated",
        "emulated",
        "cortex-a72",
        half_precision=False,
        cpuinfo=_arm(_V8_0, 0xD08, 0, 3),
    ),
    DeviceProfile("native", "this machine's own processor", "native"),
    DeviceProfile("web", "a web page in headless Chromium", "browser", half_precision=False),
)
DEFAULT_DEVICES = ("neoverse-n1", "cortex-a53")


def profiles() -> dict[str, DeviceProfile]:
    """Every device by name."""
    return {profile.name: profile for profile in _PROFILES}


def find_profile(name: str) -> DeviceProfile:
    """Looks a device up; raises ConfigError listing those there are."""
    known = profiles()
    if name not in known:
        raise ConfigError(f"there is no device {name!r}", hint=f"there are: {', '.join(known)}")
    return known[name]


def _known(name: str) -> str:
    try:
        return find_profile(name).name
    except ConfigError as error:
        raise ValueError(str(error)) from None


# A name in a configuration.
DeviceName = Annotated[str, AfterValidator(_known)]
