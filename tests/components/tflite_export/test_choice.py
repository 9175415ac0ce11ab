"""The rule that chooses a format, on rows made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from components.tflite_export.choice import choose, judge
from components.tflite_export.config import TfliteExportConfig
from components.tflite_export.formats import FORMATS, Format
from components.tflite_export.record import FormatRow
from noria.errors import ConfigError, NoriaError
from noria.typed_config import parse_config

SIZES: dict[Format, int] = {"fp32": 400, "fp16_weights": 200, "fp16": 200, "int8_dynamic": 110, "int8": 100}


def rows(**changes: dict[str, Any]) -> list[FormatRow]:
    fields = {
        f: {"bytes": SIZES[f], "loss": 0.0, "half_agreement": 1.0} | changes.get(f, {}) for f in FORMATS
    }
    return [FormatRow.model_validate({"format": f, **values}) for f, values in fields.items()]


def smallest(found: list[FormatRow], **settings: Any) -> tuple[Format, str]:
    config = TfliteExportConfig(choose="smallest", **settings)
    return choose([judge(row, config) for row in found], config, "9 samples")


def test_the_smallest_within_the_budget() -> None:
    assert smallest(rows())[0] == "int8"
    format, because = smallest(rows(int8={"loss": 0.011}))
    assert format == "int8_dynamic"
    assert because == "the smallest of 4 formats with a loss of at most 0.01 on 9 samples"
    assert smallest(rows(int8={"loss": 0.011}), max_loss=0.02)[0] == "int8"


def test_a_format_without_a_file_is_not_chosen() -> None:
    without = rows(int8={"bytes": None, "loss": None, "why_not": "no calibration"})
    assert smallest(without)[0] == "int8_dynamic"


def test_of_one_size_the_one_with_less_precision() -> None:
    large = {"loss": 1.0}
    assert smallest(rows(int8=large, int8_dynamic=large))[0] == "fp16"
    assert smallest(list(reversed(rows(int8=large, int8_dynamic=large))))[0] == "fp16"


def test_half_precision_that_was_not_run_is_not_chosen() -> None:
    unknown = {"half_agreement": None, "half_why_not": "switched off"}
    found = rows(int8={"loss": 1.0}, int8_dynamic={"loss": 1.0}, fp16=unknown)
    assert smallest(found)[0] == "fp16_weights"
    judged = judge(found[2], TfliteExportConfig())
    assert judged.not_eligible == "its half-precision answers are not known: switched off"


def test_nothing_within_the_budget_says_what_stands_against_each() -> None:
    found = rows(**({f: {"loss": 0.5} for f in FORMATS} | {"int8": {"why_not": "no calibration"}}))
    with pytest.raises(
        NoriaError, match=r"max_loss=0.01 on 9 samples: fp32: its loss is 0.5; .*; int8: no calibration"
    ):
        smallest(found)


def test_what_the_configuration_asks_for() -> None:
    config = TfliteExportConfig(choose="fp32")
    found = choose(rows(fp32={"loss": 0.5}), config, "9 samples")
    assert found == ("fp32", "the configuration asks for it")


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"formats": ["fp16"], "choose": "int8"}, "choose is int8, none of the formats fp16"),
        ({"formats": ["fp16", "fp16"]}, "formats names one twice"),
        ({"formats": []}, "formats"),
        ({"formats": ["fp8"]}, "fp8|fp32"),
        ({"format": "fp16"}, "format"),
    ],
)
def test_a_configuration_that_cannot_hold_is_refused(tree: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_config(TfliteExportConfig, tree, origin="test")
