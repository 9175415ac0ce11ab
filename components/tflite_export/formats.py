"""The formats a model can be exported in, from the largest to the smallest."""

from __future__ import annotations

from typing import Literal, get_args

Format = Literal["fp32", "fp16_weights", "fp16", "int8_dynamic", "int8"]
FORMATS: tuple[Format, ...] = get_args(Format)
# What can be computed in half precision; the other two compute with integers.
FLOAT_FORMATS: tuple[Format, ...] = ("fp32", "fp16_weights", "fp16")

TITLES: dict[Format, str] = {
    "fp32": "single precision",
    "fp16_weights": "half-precision weights, single-precision arithmetic",
    "fp16": "half-precision weights and accumulation",
    "int8_dynamic": "8-bit weights, activations quantized as they come",
    "int8": "8-bit weights and activations, as far as operators have them; by the calibration samples",
}
