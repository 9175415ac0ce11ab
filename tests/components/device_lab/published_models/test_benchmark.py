"""What is made of runs: on this machine with a small network, and of answers that were made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from components.device_lab.device_run import (
    DeviceRequest,
    DeviceRun,
    DeviceUnavailableError,
    Instructions,
)
from components.device_lab.native import run_natively
from components.device_lab.published_models import benchmark as module
from components.device_lab.published_models.benchmark import judge, run_benchmark
from components.device_lab.published_models.catalogue import PublishedModel, Source
from components.device_lab.published_models.formats import FormatFile
from components.device_lab.published_models.record import BenchmarkRecord
from components.device_lab.published_models.report import markdown, write_reports
from noria.errors import ConfigError, NoriaError
from noria.files import read_json

BEST = PublishedModel("toy", "a toy", Source("keras", "Toy"), primary="logits", answer="best")
VALUES = PublishedModel("toy", "a toy", Source("keras", "Toy"), primary="logits", answer="values")
MISSING = PublishedModel("lost", "a lost one", None, why_not="looked everywhere")
EXPECTED = {"logits": np.array([[[1.0, 2.0]], [[100.0, 3.0]]], np.float32)}


def run(logits: object, instructions: Instructions | None = None) -> DeviceRun:
    return DeviceRun({"logits": np.array(logits, np.float32)}, True, instructions, 1000, "a phone")


def test_agreement_is_the_place_of_the_largest_or_the_distance() -> None:
    got = run([[[2.2, 2.1]], [[100.5, 3.0]]])
    row = judge(BEST, "fp16", got, "phone", EXPECTED, EXPECTED)
    assert row.agreement == 0.5
    assert row.max_difference == pytest.approx(1.2)
    assert row.relative_difference == pytest.approx(0.012)
    # One per cent of the largest value, 100, is 1.
    assert judge(VALUES, "fp16", got, "phone", EXPECTED, EXPECTED).agreement == 0.5
    assert judge(VALUES, "fp16", run(EXPECTED["logits"] + 0.9), "phone", EXPECTED, EXPECTED).agreement == 1


@pytest.mark.parametrize(("half", "single", "taken"), [(9, 1, True), (0, 10, False), (1, 9, False)])
def test_counted_instructions_tell_the_path(half: int, single: int, taken: bool) -> None:
    counted = Instructions(all=99, half=half, single=single, integer=0)
    row = judge(BEST, "fp16", run(EXPECTED["logits"], counted), "phone", EXPECTED, EXPECTED)
    assert row.half_precision is taken
    assert (row.instructions, row.half_instructions) == (99, half)


def test_without_counts_answers_tell_the_path() -> None:
    third = {"logits": EXPECTED["logits"] / 3}
    as_half = third["logits"].astype(np.float16).astype(np.float32)
    assert judge(BEST, "fp16", run(as_half), "phone", third, third).half_precision is True
    assert judge(BEST, "fp16", run(third["logits"]), "phone", third, third).half_precision is False
    # Numbers that half precision has exactly, and no change: nothing says that it was taken.
    assert judge(BEST, "fp16", run(EXPECTED["logits"]), "phone", EXPECTED, EXPECTED).half_precision is False


def test_overflow_is_no_agreement() -> None:
    row = judge(BEST, "fp16", run([[[np.inf, 2.0]], [[100.0, 3.0]]]), "phone", EXPECTED, EXPECTED)
    assert (row.finite, row.agreement, row.max_difference) == (False, 0.0, None)


@pytest.fixture
def record(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> BenchmarkRecord:
    made = {
        "fp32": FormatFile("fp32", files["fp32"]),
        "fp16": FormatFile("fp16", files["fp16"]),
        "int8": FormatFile("int8", None, "no | samples"),
    }
    monkeypatch.setattr(module, "make_formats", lambda *_: made)

    def run_on(name: str, request: DeviceRequest) -> DeviceRun:
        if name == "web":
            raise DeviceUnavailableError("no browser")
        if name == "cortex-a53":
            raise NoriaError("cortex-a53 died of SIGILL")
        return run_natively(request)

    monkeypatch.setattr(module, "run_on", run_on)
    devices = ("native", "web", "cortex-a53")
    kept: list[BenchmarkRecord] = []
    formats = ("fp32", "fp16", "int8")
    record = run_benchmark([BEST, MISSING], devices, 2, formats, lambda _: None, kept.append)
    assert [len(each.models) for each in kept] == [1, 2]
    assert kept[-1] == record
    return record


def test_every_format_on_every_device(record: BenchmarkRecord) -> None:
    toy, lost = record.models
    assert (lost.had, lost.why_not, lost.runs) == (False, "looked everywhere", ())
    assert [(row.format, row.device, row.ran) for row in toy.runs] == [
        (format, device, device == "native") for format in ("fp32", "fp16") for device in record.devices
    ]
    single, half = toy.run("fp32", "native"), toy.run("fp16", "native")
    assert single
    assert half
    assert (single.max_difference, single.agreement) == (0.0, 1.0)
    # Rounded weights, on a machine that computes in single precision or in half.
    assert 0 < (half.max_difference or 0) < 0.05
    assert {row.why_not for row in toy.runs if not row.ran} == {"no browser", "cortex-a53 died of SIGILL"}
    assert toy.formats[2].why_not == "no | samples"


def test_reports(record: BenchmarkRecord, tmp_path: Path) -> None:
    write_reports(record, tmp_path)
    assert BenchmarkRecord.model_validate(read_json(tmp_path / "benchmark.json")) == record
    text = markdown(record)
    assert text == (tmp_path / "benchmark.md").read_text()
    assert "| lost | a lost one | no | looked everywhere |" in text
    assert "not possible: no \\| samples" in text
    assert "| toy | fp16 | cortex-a53 | cortex-a53 died of SIGILL |" in text
    for table in text.split("\n\n"):
        rows = [line.replace("\\|", "").count("|") for line in table.splitlines() if line.startswith("|")]
        assert len(set(rows)) <= 1
    assert "died of SIGILL" in (tmp_path / "benchmark.html").read_text()


def test_the_picture_shows_what_was_counted(record: BenchmarkRecord, tmp_path: Path) -> None:
    write_reports(record, tmp_path)
    assert not (tmp_path / "benchmark.png").exists()
    counted = tuple(
        row.model_copy(update={"device": "neoverse-n1", "half_instructions": half, "single_instructions": 10})
        for row, half in zip(record.models[0].runs[::3], (0, 5), strict=True)
    )
    toy = record.models[0].model_copy(update={"runs": counted})
    write_reports(record.model_copy(update={"models": (toy,)}), tmp_path)
    assert (tmp_path / "benchmark.png").read_bytes().startswith(b"\x89PNG")
    # 10 single-precision instructions against 5 half-precision ones and 10 single-precision ones.
    assert "| toy | about 2x | 10 | 5 | 10 | 0.67x |" in (tmp_path / "benchmark.md").read_text()


def test_a_model_whose_package_cannot_be_fetched_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise DeviceUnavailableError("zoo could not be fetched")

    monkeypatch.setattr(module, "make_formats", fails)
    record = run_benchmark([BEST], ("native",), 1, ("fp32",), lambda _: None)
    assert (record.models[0].had, record.models[0].why_not) == (False, "zoo could not be fetched")
    assert "zoo could not be fetched" in markdown(record)


def test_an_unknown_device_is_refused_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "make_formats", lambda *_: pytest.fail("fetched"))
    with pytest.raises(ConfigError, match="no device 'abacus'"):
        run_benchmark([BEST], ("native", "abacus"), 1, ("fp32",), lambda _: None)
