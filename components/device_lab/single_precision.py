"""A file as every processor computes it in single precision."""

from __future__ import annotations

# XNNPACK looks for the first name; the second, of the same length, means nothing to anybody.
_NAME = b"reduced_precision_support"
_OTHER_NAME = b"reduced_precision_ignored"


def in_single_precision(model: bytes) -> bytes:
    """The same TFLite file without the mark that allows half-precision arithmetic.

    Weights and operators stay as they are, so its answers are those of a processor without half precision,
    on processors that have it too.
    """
    return model.replace(_NAME, _OTHER_NAME)
