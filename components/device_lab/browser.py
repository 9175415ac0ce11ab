"""The device ``web``: a file run by LiteRT's web runtime (WebAssembly) in a page of headless Chromium."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from components.device_lab.browser_page import PageServer, page_server
from components.device_lab.chromium import Browser, chromium, find_chromium, missing_chromium
from components.device_lab.device_run import DeviceRequest, DeviceRun, DeviceUnavailableError, example_count
from components.device_lab.model_file import ModelFileFacts, check_inputs, check_web, inspect_file
from components.device_lab.web_runtime import INSTALL, PACKAGE, installed
from components.device_lab.web_runtime import install as install_runtime
from noria.errors import NoriaError


def run_in_browser(request: DeviceRequest, *, install: bool, seconds: float = 300.0) -> DeviceRun:
    """Runs every example, one after the other, in one page.

    Args:
        request: The file and its inputs; instructions are not counted.
        install: Fetch LiteRT's web runtime from npm where it is missing. Chromium is never installed.
        seconds: Time limit, the browser's start included.

    Raises:
        DeviceUnavailableError: There is no Chromium, or no web runtime and no npm to fetch it.
        DataError: The file is no TFLite file, or the inputs do not fit it.
        NoriaError: The web runtime cannot run the file, or the page did not answer in time.
    """
    facts = inspect_file(request.model)
    check_web(facts)
    check_inputs(facts, request.examples)
    if problem := browser_problem(install=install):
        raise problem
    names = list(facts.inputs)
    arrays = [np.ascontiguousarray(request.examples[name]) for name in names]
    count = example_count(request.examples)
    told: dict[str, Any] = {
        "signature": facts.signature,
        "count": count,
        "inputs": [
            {"name": name, "dtype": facts.inputs[name].dtype, "shape": facts.inputs[name].shape}
            for name in names
        ],
    }
    inputs = b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)
    with page_server(request.model, told, inputs) as server, chromium(server.url) as browser:
        _wait(server, browser, seconds)
    if server.error is not None or server.outputs is None:
        raise NoriaError(f"LiteRT's web runtime cannot run the file: {_first_line(server.error)}")
    return _answer(server.outputs, facts, count)


def browser_problem(*, install: bool) -> DeviceUnavailableError | None:
    """Why the device cannot be had here; None where it can.

    Args:
        install: Fetch the web runtime where it is missing.
    """
    if find_chromium() is None:
        return missing_chromium()
    if not installed() and not install:
        return DeviceUnavailableError("LiteRT's web runtime is not installed", hint=INSTALL)
    if install:
        try:
            install_runtime()
        except NoriaError as error:
            return DeviceUnavailableError(error.message, hint=error.hint)
    return None


def _wait(server: PageServer, browser: Browser, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not server.answered.wait(0.2):
        if not browser.alive() and not server.answered.wait(1.0):
            said = browser.said()
            if "No usable sandbox" in said:
                raise DeviceUnavailableError(
                    "Chromium's sandbox does not work for this user",
                    hint="allow user namespaces on this machine, or run as root, where it is not used",
                )
            raise NoriaError(f"Chromium ended before the page answered: {said}")
        if time.monotonic() > end:
            raise NoriaError(
                f"the page did not answer within {seconds:.0f} s: {browser.said()}",
                hint="give fewer samples, or try again when the machine has less to do",
            )


def _answer(body: bytes, facts: ModelFileFacts, count: int) -> DeviceRun:
    head, _, data = body.partition(b"\n")
    told = json.loads(head)
    outputs: dict[str, npt.NDArray[Any]] = {}
    start = 0
    for output in told["outputs"]:
        kind = np.dtype(output["dtype"]).newbyteorder("<")
        size = int(np.prod(output["shape"])) * count
        flat = np.frombuffer(data, kind, size, start)
        outputs[output["name"]] = flat.astype(output["dtype"]).reshape(count, *output["shape"])
        start += flat.nbytes
    if outputs.keys() != facts.outputs.keys():
        raise NoriaError(f"the page gave the outputs {sorted(outputs)}, expected {sorted(facts.outputs)}")
    version = re.search(r"Chrome/(\d+)", told["agent"])
    return DeviceRun(
        outputs=outputs,
        # WebAssembly has no arithmetic on half-precision numbers.
        half_precision=False,
        instructions=None,
        memory_bytes=None,
        processor=f"WebAssembly (Chromium {version[1] if version else '?'}, LiteRT.js {_runtime_version()})",
    )


def _runtime_version() -> str:
    lock = json.loads((PACKAGE / "package-lock.json").read_text(encoding="utf-8"))
    return str(lock["packages"]["node_modules/@litertjs/core"]["version"])


def _first_line(error: str | None) -> str:
    return (error or "it sent nothing").strip().splitlines()[0][:500]
