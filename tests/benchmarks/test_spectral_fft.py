"""The FFT benchmark: tables say what was measured, and workers measure what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import spectral_fft, spectral_memory, spectral_report
from benchmarks.marked_text import put
from benchmarks.spectral_worker import Worker
from noria.errors import DataError, NoriaError

PARTS = [["FFT along axis 1", 1.0], ["shuffle 1", 2.0], ["local transposes", 0.5], ["FFT along axis 0", 0.5]]


def a_field(shape: list[int]) -> dict[str, Any]:
    def times(*seconds: float) -> list[dict[str, float]]:
        return [{"seconds": value, "cpu_seconds": value} for value in seconds]

    return {
        "shape": shape,
        "times": {
            "tensorflow": times(1.0, 2.0, 1.0),
            "numpy": times(3.0, 4.0, 5.0),
            "mesh 8": times(1.5, 3, 1.5),
        },
        "errors": {"tensorflow": 1e-7, "numpy": 0.0, "mesh 8": 2e-7},
        "profile": [{"stages": PARTS, "seconds": 3.0}],
        "filters": {
            "natural": [{"seconds": 4.0, "shuffles": 4}],
            "transposed": [{"seconds": 3.0, "shuffles": 2}],
        },
    }


@pytest.fixture
def result() -> dict[str, Any]:
    names = [("tensorflow", 1, 1), ("mesh 2", 2, 1), ("mesh 2, a process each", 2, 2)]
    rows = [
        {"name": name, "devices": n, "processes": p, "device_ratio": 1 / n, "peak_ratio": 3 / p}
        for name, n, p in names
    ]
    machine = {"gpus": [], "tensorflow": "2.21", **spectral_report.versions(2)}
    return {
        "machine": machine,
        "fields": [a_field([1024, 1024]), a_field([2048, 2048])],
        "gpu": [],
        "left_out": [[512, 512, 512]],
        "memory": [{"shape": [1024, 1024], "rows": rows}],
    }


def test_ratios_are_taken_within_a_turn(result: dict[str, Any]) -> None:
    shown = spectral_report.tables(result)["times"]
    assert "| 1024² | 3 | 1.000 s | 3.00 (2.00 to 5.00) | 1.50 (1.50 to 1.50) |" in shown
    assert "512³ did not fit" in shown
    assert "mesh 8 2.0e-07" in shown


def test_shares_of_parts_and_what_is_saved(result: dict[str, Any]) -> None:
    shown = spectral_report.tables(result)
    assert "| 1024² | 38% | 12% | 50% | 4.000 s | 3.000 s |" in shown["profile"]
    assert "| 2048² | 4 and 2 | 4.000 s | 3.000 s | 25% |" in shown["filters"]


def test_memory_per_device(result: dict[str, Any]) -> None:
    shown = spectral_report.tables(result)["memory"]
    assert "| mesh 2 | 2 | 1 | 0.500 | 3.00 | 1.50 |" in shown
    assert "| mesh 2, a process each | 2 | 2 | 0.500 | 1.50 | 1.50 |" in shown


def test_gpus_are_shown_with_who_failed(result: dict[str, Any]) -> None:
    assert "no GPU" in spectral_report.tables(result)["gpu"]
    result["machine"]["gpus"] = ["A GPU"]
    field = a_field([1024, 1024])
    result["gpu"] = [
        {
            "shape": [1024, 1024],
            "times": {name: field["times"][name] for name in ("tensorflow", "mesh 8")},
            "memory": {"tensorflow": 2 * 2**23, "mesh 8": 2**23},
            "failed": {"mesh 2": "NCCL said no"},
            "profile": field["profile"],
        }
    ]
    shown = spectral_report.tables(result)["gpu"]
    assert "| 1024² | mesh 8 | 1.5000 s | 1.50 (1.50 to 1.50) | 1.00 |  |" in shown
    assert "| 1024² | mesh 2 |  |  |  | NCCL said no |" in shown
    result["gpu"][0]["times"].clear()
    assert "NCCL said no" in spectral_report.tables(result)["gpu"]


def test_what_was_not_measured_is_not_written(result: dict[str, Any]) -> None:
    pictures = {"fields": {"spectral_fft.png"}, "memory": {"spectral_fft_memory.png"}}
    for left, other in (("fields", "memory"), ("memory", "fields")):
        part = result | {other: []}
        found = spectral_report.pictures(part)
        assert set(found) == pictures[left]
        assert all(content.startswith(b"\x89PNG") for content in found.values())
        assert ("memory" in spectral_report.tables(part)) == (left == "memory")
        assert ("times" in spectral_report.tables(part)) == (left == "fields")


def test_only_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectral_memory, "measure", lambda shape, *_: {"shape": list(shape), "rows": []})
    monkeypatch.setattr(Worker, "ask", lambda *_, **__: {"gpus": [], "tensorflow": ""})
    result = spectral_fft.measure([(16, 16)], 1, only="memory")
    assert not result["fields"]
    assert result["memory"] == [{"shape": [16, 16], "rows": []}]


def test_the_page_has_every_table(result: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(spectral_report.PAGE.read_text())
    for name, table in spectral_report.tables(result).items():
        put(page, name, table)
        assert table in page.read_text()
    before = page.read_text()
    put(page, "gpu", spectral_report.tables(result)["gpu"])
    assert page.read_text() == before
    with pytest.raises(DataError, match="no marks"):
        put(page, "unknown", "")


def test_a_field_too_large_for_the_machine_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectral_memory, "available_bytes", lambda: 2**31)
    monkeypatch.setattr(spectral_memory, "measure", lambda *_: {})
    monkeypatch.setattr(Worker, "ask", lambda *_, **__: {"gpus": [], "tensorflow": ""})
    result = spectral_fft.measure([(16, 16)], 1)
    assert result["left_out"] == [[16, 16]]
    assert not result["fields"]


def test_numpys_memory_is_what_it_takes() -> None:
    with (
        spectral_fft.field_file((512, 512)) as path,
        Worker({"library": "numpy"}) as numpy,
        Worker({"library": "scipy"}) as scipy,
    ):
        told = [worker.ask(do="run", path=path, indices=[0, 7]) for worker in (numpy, scipy)]
        values = np.load(path)
    expected = np.fft.fftn(values).reshape(-1)[[0, 7]]
    for one in told:
        np.testing.assert_allclose(np.add(one["real"], np.multiply(1j, one["imag"])), expected, rtol=1e-4)
        assert one["seconds"] > 0
        assert one["device_bytes"] == [values.nbytes]
    # complex64 field, complex128 spectrum and one more of it in between; SciPy keeps single precision.
    assert 4 * values.nbytes < told[0]["peak_bytes"] < 6 * values.nbytes
    assert 1.5 * values.nbytes < told[1]["peak_bytes"] < 3 * values.nbytes


def test_a_worker_that_fails_says_why(tmp_path: Path) -> None:
    with Worker({"library": "numpy"}) as worker, pytest.raises(NoriaError, match="No such file"):
        worker.ask(do="run", path=tmp_path / "missing.npy")


@pytest.mark.slow
def test_a_volume_on_meshes() -> None:
    specs = spectral_fft.contestants(3)
    names = ("tensorflow", "numpy", "mesh 2 x 4", "mesh 8")
    with spectral_fft.field_file((24, 20, 16)) as path, pytest.MonkeyPatch.context() as patch:
        patch.setattr(spectral_fft, "contestants", lambda _: {name: specs[name] for name in names})
        result = spectral_fft.compare((24, 20, 16), path, repetitions=1)
    assert set(result["times"]) == set(names)
    assert max(result["errors"].values()) < 1e-5
    stages = [name for name, _ in result["profile"][0]["stages"]]
    # One slab decomposition: there and back.
    assert [name for name in stages if name.startswith("shuffle")] == ["shuffle 1", "shuffle 2"]
    assert result["filters"]["transposed"][0]["shuffles"] == 2


@pytest.mark.slow
def test_a_process_each_holds_a_part() -> None:
    shape = (1024, 1024)
    with spectral_fft.field_file(shape) as path:
        told = spectral_memory.in_processes(path, 2, 2)
    whole = 1024 * 1024 * 8
    for one in told:
        assert one["device_bytes"] == [whole // 2]
        assert one["peak_bytes"] > whole
