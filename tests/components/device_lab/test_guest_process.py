"""Processes that die, fail, hang or refuse become one error that names the device; none outlives its run."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from components.device_lab.device_run import DeviceRequest, DeviceUnavailableError
from components.device_lab.guest_process import run_guest, write_request
from noria.errors import NoriaError

REQUEST = DeviceRequest(b"", {"a name/with: anything": np.zeros((1, 2), np.float32)})


def run(folder: Path, code: str, limit_seconds: float = 30.0) -> object:
    command = [sys.executable, "-c", code]
    return run_guest("phone", command, os.environ, folder, REQUEST, limit_seconds)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os; os.kill(os.getpid(), 11)", "phone: the process ended with SIGSEGV"),
        ("import os; os.kill(os.getpid(), 4)", "phone: the process ended with SIGILL"),
        (
            "raise SystemExit('out of luck')",
            r"phone: the process ended with status 1; its last lines:\nout of luck",
        ),
        (
            "import json; json.dump('no such operator', open('error.json', 'w')); raise SystemExit(3)",
            "phone: the file cannot be run: no such operator",
        ),
    ],
)
def test_the_way_it_ended_is_told(tmp_path, code, message):
    with pytest.raises(NoriaError, match=message) as caught:
        run(tmp_path, code)
    # A device that crashes is there; it must not pass for one that is missing.
    assert not isinstance(caught.value, DeviceUnavailableError)


def test_only_the_last_lines_are_shown(tmp_path):
    with pytest.raises(NoriaError) as caught:
        run(tmp_path, "for n in range(100_000): print('line', n)\nraise SystemExit(1)")
    assert len(str(caught.value).splitlines()) < 15
    assert "line 99999" in str(caught.value)


def test_what_hangs_is_ended_with_all_that_it_started(tmp_path):
    hang = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('child.part', 'w').write(str(child.pid)); import os; os.rename('child.part', 'child')\n"
        "time.sleep(600)"
    )
    # A busy machine may not have started the child after the first limit.
    for limit in (3, 60):
        with pytest.raises(NoriaError, match=rf"still running after {limit} s"):
            run(tmp_path, hang, limit_seconds=limit)
        if (tmp_path / "child").exists():
            break
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 60
    while not is_gone(child):
        assert time.monotonic() < deadline, f"process {child} is still there"
        time.sleep(0.05)


def is_gone(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True
    # Nobody may have collected it yet.
    return status.rpartition(")")[2].split()[0] == "Z"


def test_names_may_hold_anything(tmp_path):
    write_request(tmp_path, REQUEST)
    code = (
        "import json, numpy as np\n"
        "names = json.load(open('names.json'))\n"
        "np.savez('outputs.npz', a0=np.load('examples.npz')['a0'] + 1)\n"
        "facts = {'outputs': names, 'half_precision': False, 'memory_bytes': None}\n"
        "json.dump(facts, open('facts.json', 'w'))"
    )
    answer = run(tmp_path, code)
    np.testing.assert_array_equal(answer.outputs["a name/with: anything"], [[1, 1]])
    assert answer.instructions is None
