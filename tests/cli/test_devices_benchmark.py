"""``noria devices benchmark``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.components.emulated_devices import require_emulator


def test_bad_names_and_nothing_that_can_be_run(noria, tmp_path: Path) -> None:
    refused = noria("devices", "benchmark", "--models", "blazefoot", status=2)
    assert "no model 'blazefoot'" in refused.stderr
    assert "no device 'abacus'" in noria("devices", "benchmark", "--devices", "abacus", status=2).stderr
    refused = noria("devices", "benchmark", "--formats", "fp32,int3", status=2)
    assert "no format 'int3'" in refused.stderr
    lost = noria("devices", "benchmark", "--models", "knift", "-o", tmp_path / "out", status=1)
    assert "nothing could be run" in lost.stderr
    assert json.loads((tmp_path / "out" / "benchmark.json").read_text())["models"][0]["had"] is False


@pytest.mark.slow
def test_a_published_model_on_a_phone(noria, tmp_path: Path) -> None:
    require_emulator()
    out = tmp_path / "out"
    chosen = ("--models", "blazeface", "--devices", "neoverse-n1,cortex-a53", "--quick", "-o", out)
    (model,) = noria.json("devices", "benchmark", *chosen)["models"]
    runs = {(run["format"], run["device"]): run for run in model["runs"]}
    half, single = runs["fp16", "neoverse-n1"], runs["fp32", "neoverse-n1"]
    assert [half["half_precision"], single["half_precision"]] == [True, False]
    assert half["half_exact"]
    assert runs["fp16", "cortex-a53"]["half_precision"] is False
    assert runs["fp16", "cortex-a53"]["relative_difference"] < 1e-5
    assert "blazeface" in (out / "benchmark.md").read_text()
