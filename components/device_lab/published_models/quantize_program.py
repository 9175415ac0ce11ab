"""A program of its own, with ai-edge-quantizer on its path: a single-precision file to an int8 one.

Arguments: input file, output file, and for full integers a .npy of samples [count, *input shape].
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

# The quantizer names np.typing without importing it.
import numpy.typing
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe

from components.model_card import SIGNATURE_KEY


def main(source: Path, target: Path, samples: Path | None) -> None:
    """Quantizes: weights alone, or weights and activations with ranges out of the samples.

    Inputs and outputs of a full integer file stay float32: only then can every format be asked the same.
    """
    if samples is None:
        job = quantizer.Quantizer(str(source), recipe.dynamic_wi8_afp32())
        done = job.quantize()
    else:
        job = quantizer.Quantizer(str(source), recipe.static_wi8_ai8())
        for operation in ("INPUT", "OUTPUT"):
            job.update_quantization_recipe(".*", operation, algorithm_key="no_quantize")
        name = next(iter(Interpreter(str(source)).get_signature_list()[SIGNATURE_KEY]["inputs"]))
        ranges = job.calibrate({SIGNATURE_KEY: [{name: sample} for sample in np.load(samples)]})
        done = job.quantize(ranges)
    target.write_bytes(bytes(done.quantized_model))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
