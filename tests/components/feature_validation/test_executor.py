"""Tests of feature_validation: statistics, anomalies, drift, checks, report."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.feature_validation.config import FeatureValidationConfig
from components.feature_validation.executor import Executor
from components.tracking import RECORDS, recording
from noria.errors import ConfigError, DataError
from noria.files import read_json
from noria.typed_config import parse_config

MakeInputs = Callable[..., dict[str, Path]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NORIA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def columns(rows: int, seed: int, **changes: Any) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    return {
        "price": random.normal(10, 1, rows).astype(np.float32),
        "shop": np.array(["north", "south"], object)[np.arange(rows) % 2],
        **changes,
    }


def validate(folder: Path, inputs: dict[str, Path], **tree: Any) -> Path:
    config = parse_config(FeatureValidationConfig, tree, "test")
    report = folder / "report"
    report.mkdir()
    with recording({"report": report}):
        Executor().run(config, inputs, {"report": report})
    return report


def breaches(report: Path) -> dict[tuple[str, str], float]:
    checks = read_json(report / "checks.json")
    return {(check["name"], check["where"]): check["got"] for check in checks if not check["passed"]}


def test_sound_features_get_a_report(make_inputs: MakeInputs, tmp_path: Path) -> None:
    train = columns(400, 0)
    report = validate(tmp_path, make_inputs(train, columns(200, 1)))
    assert breaches(report) == {}
    statistics = read_json(report / "statistics.json")
    assert (statistics["train"]["examples"], statistics["eval"]["examples"]) == (400, 200)
    price = statistics["train"]["features"]["price"]
    assert price["mean"] == pytest.approx(train["price"].mean(), rel=1e-5)
    assert price["std"] == pytest.approx(train["price"].std(), rel=1e-4)
    assert (price["count"], price["missing"], price["zeros"]) == (400, 0, 0)
    assert price["max"] == train["price"].max()
    assert sum(count for _, _, count in price["histogram"]) == pytest.approx(400)
    shop = statistics["eval"]["features"]["shop"]
    assert (shop["unique"], dict(shop["top"])) == (2, {"north": 100, "south": 100})
    page = (report / "report.html").read_text()
    (picture,) = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    assert "None: both splits fit the schema." in page
    assert '"drifted_features", "value": 0.0' in (report / RECORDS).read_text()


def test_anomalies_fail_by_name_and_keep_the_report(
    make_inputs: MakeInputs, tmp_path: Path, home: Path
) -> None:
    held = columns(200, 1, shop=np.array(["north", "east"], object)[np.arange(200) % 2])
    with pytest.raises(DataError, match=r"anomaly of eval\.shop: Unexpected string values.*east") as caught:
        validate(tmp_path, make_inputs(columns(400, 0), held), drift={"max_l_infinity": 1})
    kept = home / "reports" / "feature_validation.html"
    assert f"report: {kept}" in caught.value.hint
    assert "Unexpected string values" in kept.read_text()


def test_anomalies_may_only_warn(make_inputs: MakeInputs, tmp_path: Path) -> None:
    price = columns(200, 1)["price"]
    price[:50] = np.nan
    inputs = make_inputs(columns(400, 0), columns(200, 1, price=price))
    report = validate(tmp_path, inputs, on_anomaly="warn", limits={"max_missing_share": 0.2})
    found = breaches(report)
    assert found["max_missing_share", "eval.price"] == 0.25
    # The schema was inferred from train, where every example has a price.
    assert ("anomaly", "eval.price") in found
    assert read_json(report / "statistics.json")["eval"]["features"]["price"]["missing"] == 50


def test_drift_warns_unless_it_is_to_fail(
    make_inputs: MakeInputs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop = np.where(np.arange(200) < 180, "north", "south").astype(object)
    held = columns(200, 1, shop=shop)
    held["price"] += 2
    inputs = make_inputs(columns(400, 0), held)
    report = validate(tmp_path, inputs)
    found = breaches(report)
    assert found.keys() == {("drift.max_jensen_shannon", "price"), ("drift.max_l_infinity", "shop")}
    assert found["drift.max_l_infinity", "shop"] == pytest.approx(0.9 - 0.5)
    assert 0.3 < found["drift.max_jensen_shannon", "price"] <= 1
    assert "breached: drift.max_jensen_shannon of price" in caplog.text
    (tmp_path / "again").mkdir()
    with pytest.raises(
        DataError, match=r"2 of \d+ checks breached:\n  drift\.\S+ of price.*\n  drift\.\S+ of shop"
    ):
        validate(tmp_path / "again", inputs, on_drift="fail")


def test_limits_of_single_features_and_features_left_out(make_inputs: MakeInputs, tmp_path: Path) -> None:
    held = columns(200, 1)
    held["price"] += 2
    inputs = make_inputs(columns(400, 0), held)
    report = validate(tmp_path, inputs, drift={"limit_of": {"price": 0.999}}, on_drift="fail")
    limits = {c["where"]: c["limit"] for c in read_json(report / "checks.json") if "drift" in c["name"]}
    assert limits == {"price": 0.999, "shop": 0.1}
    (tmp_path / "again").mkdir()
    report = validate(tmp_path / "again", inputs, drift={"ignore": ["price"]}, on_drift="fail")
    assert [c["where"] for c in read_json(report / "checks.json") if "drift" in c["name"]] == ["shop"]


def test_ranges_and_sizes(make_inputs: MakeInputs, tmp_path: Path) -> None:
    limits = {"ranges": {"price": {"min": 0, "max": 10}}, "min_examples": 300}
    report = validate(
        tmp_path, make_inputs(columns(400, 0), columns(200, 1)), limits=limits, on_anomaly="warn"
    )
    assert breaches(report).keys() == {
        ("ranges.max", "train.price"),
        ("ranges.max", "eval.price"),
        ("min_examples", "eval"),
    }


def test_a_feature_without_any_value_in_eval(make_inputs: MakeInputs, tmp_path: Path) -> None:
    held = columns(200, 1)
    del held["price"]
    report = validate(tmp_path, make_inputs(columns(400, 0), held), on_anomaly="warn")
    assert breaches(report)["max_missing_share", "eval.price"] == 1.0
    assert "price" in (report / "report.html").read_text()


def test_an_unknown_feature_in_the_configuration(make_inputs: MakeInputs, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"drift\.ignore names prize, which is no feature") as caught:
        validate(tmp_path, make_inputs(columns(40, 0), columns(20, 1)), drift={"ignore": ["prize"]})
    assert "price, shop" in caught.value.hint


def test_statistics_of_other_splits(make_inputs: MakeInputs, tmp_path: Path) -> None:
    inputs = make_inputs(columns(40, 0), columns(20, 1))
    (inputs["statistics"] / "Split-eval").rename(inputs["statistics"] / "Split-test")
    with pytest.raises(DataError, match="no statistics of the split eval"):
        validate(tmp_path, inputs)


def test_bounds_that_cannot_be_met() -> None:
    with pytest.raises(ConfigError, match="min 2 is above max 1"):
        parse_config(FeatureValidationConfig, {"limits": {"ranges": {"price": {"min": 2, "max": 1}}}}, "test")
