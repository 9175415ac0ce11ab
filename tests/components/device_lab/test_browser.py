"""The device ``web``, with a real Chromium and LiteRT's real web runtime."""

from __future__ import annotations

import tempfile
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from components.device_lab import browser, web_runtime
from components.device_lab.browser import run_in_browser
from components.device_lab.browser_page import page_server
from components.device_lab.device_run import DeviceRequest, DeviceUnavailableError, random_examples
from components.device_lab.model_file import inspect_file
from noria.errors import NoriaError
from tests.components.device_lab import small_files
from tests.components.web_device import require_web


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a run keeps what is only for it; needs Chromium, and npm once."""
    require_web()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def request_for(model: bytes, count: int = 4, seed: int = 0) -> DeviceRequest:
    tensors = inspect_file(model).inputs.items()
    shapes = {name: (tensor.shape, tensor.dtype) for name, tensor in tensors}
    return DeviceRequest(model, random_examples(shapes, count, seed))


def here(request: DeviceRequest) -> dict[str, np.ndarray]:
    call = Interpreter(model_content=request.model, num_threads=1).get_signature_runner("serving_default")
    rows = [
        call(**{name: array[index] for name, array in request.examples.items()})
        for index in range(len(request.examples["x"]))
    ]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("half", [False, True])
def test_a_page_answers_as_this_machine_does_and_leaves_nothing(web: Path, half: bool) -> None:
    request = request_for(small_files.scores(half=half))
    run = run_in_browser(request, install=True)
    expected = here(request)
    assert run.outputs.keys() == expected.keys()
    assert run.outputs["y"].dtype == np.float32
    np.testing.assert_allclose(run.outputs["y"], expected["y"], atol=1e-5)
    np.testing.assert_array_equal(run.outputs["twice"], expected["twice"])
    assert not run.half_precision
    assert "Chromium" in run.processor
    assert list(web.glob("noria-browser-*")) == []


@pytest.mark.usefixtures("web")
def test_files_without_that_signature_and_several_at_once() -> None:
    requests = [
        request_for(small_files.scores(key), seed=seed)
        for seed, key in enumerate(("serving_default", "main", None))
    ]
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda request: run_in_browser(request, install=True), requests))
    for request, run in zip(requests, runs, strict=True):
        (ids,) = (array for array in request.examples.values() if array.dtype == np.int32)
        (twice,) = (array for array in run.outputs.values() if array.dtype == np.int32)
        np.testing.assert_array_equal(twice, ids * 2)


@pytest.mark.usefixtures("web")
def test_what_the_runtime_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    request = request_for(small_files.scores())
    facts = replace(inspect_file(request.model), signature="another")
    monkeypatch.setattr(browser, "inspect_file", lambda _: facts)
    with pytest.raises(NoriaError, match="LiteRT's web runtime cannot run the file: TypeError"):
        run_in_browser(request, install=True)


def test_what_it_would_answer_wrongly_is_refused_before() -> None:
    # LiteRT.js 2.5.3 loads such files and answers what lay in its memory.
    model = small_files.missing_operator(False)
    with pytest.raises(NoriaError, match="cannot run: LiteRT has no operator MatrixDeterminant"):
        run_in_browser(request_for(model), install=True)


def test_a_page_that_does_not_answer_is_ended(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = web / "page"
    page.mkdir()
    (page / "run.html").write_text("<p>nothing happens here</p>")
    monkeypatch.setattr("components.device_lab.browser_page.PACKAGE", page)
    with pytest.raises(NoriaError, match="did not answer within 1 s"):
        run_in_browser(request_for(small_files.scores()), install=True, seconds=1.0)
    assert list(web.glob("noria-browser-*")) == []


def test_a_browser_that_ends_by_itself_is_told(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = web / "chromium"
    program.write_text("#!/bin/sh\necho cannot open display >&2; exit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr("components.device_lab.chromium.find_chromium", lambda: str(program))
    with pytest.raises(NoriaError, match="Chromium ended before the page answered: cannot open display"):
        run_in_browser(request_for(small_files.scores()), install=True)


def test_without_chromium_or_runtime_the_device_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_for(small_files.scores())
    monkeypatch.setattr(web_runtime, "FOLDER", tmp_path)
    monkeypatch.setattr(browser, "find_chromium", lambda: "/usr/bin/chromium")
    with pytest.raises(DeviceUnavailableError, match="web runtime is not installed"):
        run_in_browser(request, install=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceUnavailableError, match="npm is not on the path"):
        run_in_browser(request, install=True)
    monkeypatch.setattr(browser, "find_chromium", lambda: None)
    with pytest.raises(DeviceUnavailableError, match="no Chromium"):
        run_in_browser(request, install=True)


def test_the_page_is_only_for_who_knows_its_path() -> None:
    before = threading.active_count()
    with page_server(b"TFL3", {"count": 1}, b"") as server:
        root = server.url.removesuffix("run.html")
        assert urllib.request.urlopen(root + "model.tflite").read() == b"TFL3"
        for address in (
            f"http://127.0.0.1:{server.server_port}/model.tflite",
            f"{root}../model.tflite",
            f"{root}package.json",
            f"{root}runtime/../package.json",
        ):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(address)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/outputs", b"mine")
        assert not server.answered.is_set()
    assert threading.active_count() <= before
