"""``noria devices``: what it prints, and its exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.components.device_lab import small_files
from tests.components.emulated_devices import require_emulator
from tests.components.web_device import require_web


def write(path: Path, model: bytes) -> Path:
    path.write_bytes(model)
    return path


def test_the_list(noria) -> None:
    devices = {entry["name"]: entry for entry in noria.json("devices", "list")}
    assert set(devices) >= {"neoverse-n1", "cortex-a53", "native", "web"}
    assert devices["native"]["available"]
    assert devices["neoverse-n1"]["half_precision"] is True
    lacking = {entry["name"]: entry for entry in noria.json("devices", "list", PATH="/nowhere")}
    assert not lacking["web"]["available"]
    assert "chromium" in lacking["web"]["note"]
    empty = noria("devices", "list", NORIA_DEVICE_LAB=str(noria.home / "lab")).stdout
    assert "noria devices setup" in empty
    assert not noria.home.exists()


def test_a_file_on_this_machine(noria, tmp_path: Path) -> None:
    file = write(tmp_path / "scores.tflite", small_files.scores())
    (row,) = noria.json("devices", "check", file, "--devices", "native", "--count", "3")
    assert (row["device"], row["ran"], row["half_precision"]) == ("native", True, False)
    assert (row["agreement"], row["max_difference"]) == (1.0, 0.0)
    assert (row["bytes"], row["samples"], row["inputs"]) == (file.stat().st_size, 3, "random (seed 0)")
    shown = noria("devices", "check", file, "--devices", "native")
    assert "no samples were given: the inputs are random (seed 0)" in shown.stderr
    assert "native" in shown.stdout


@pytest.mark.slow
def test_a_marked_file_on_emulated_processors(noria, tmp_path: Path) -> None:
    require_emulator()
    file = write(tmp_path / "scores.tflite", small_files.scores(half=True))
    half, single = noria.json("devices", "check", file, "--task", "classification")
    assert (half["device"], half["half_precision"], half["findings"]) == ("neoverse-n1", True, [])
    assert (single["device"], single["half_precision"], single["findings"]) == ("cortex-a53", False, [])
    assert half["half_instructions"] is None or half["half_instructions"] > 0
    assert 1e-5 < half["max_difference"] < 1e-2
    assert single["max_difference"] < 1e-5


def test_a_device_that_cannot_be_had_is_status_1(noria, tmp_path: Path) -> None:
    file = write(tmp_path / "scores.tflite", small_files.scores())
    rows = noria.json("devices", "check", file, "--devices", "web,native", status=1, PATH="/nowhere")
    assert [(row["ran"], row["agreement"]) for row in rows] == [(False, None), (True, 1.0)]
    assert "Chromium" in rows[0]["why_not"]


def test_a_web_page_and_wide_integers(noria, tmp_path: Path) -> None:
    require_web()
    good = write(tmp_path / "scores.tflite", small_files.scores())
    (row,) = noria.json("devices", "check", good, "--devices", "web")
    assert (row["ran"], row["agreement"]) == (True, 1.0)
    wide = write(tmp_path / "wide.tflite", small_files.wide_integers())
    shown = noria("devices", "check", wide, "--devices", "web", status=1).stdout
    assert "takes and gives float32 and int32, the file has x: int64[2]" in shown


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: b"PK no model", "is not a TFLite file"),
        (lambda: small_files.scores()[:1500], "damaged or cut off"),
        (lambda: small_files.missing_operator(True), "LiteRT has no operator"),
        (small_files.loose_batch, "whose shape is not fixed"),
    ],
)
def test_a_bad_file_is_one_line_and_status_2(noria, tmp_path: Path, content, message: str) -> None:
    file = write(tmp_path / "bad.tflite", content())
    done = noria("devices", "check", file, status=2)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert message in line
    assert str(file) in line
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
