"""What a file answers in single precision on this machine: what every device is compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from components.model_folder import SIGNATURE_KEY


def input_of(data: bytes) -> tuple[str, tuple[int, ...]]:
    """Name and shape of a file's only input; the name is the signature's where there is one."""
    interpreter = Interpreter(model_content=data, num_threads=1)
    details = interpreter.get_input_details()[0]
    signature = interpreter.get_signature_list().get(SIGNATURE_KEY)
    name = str(signature["inputs"][0]) if signature else str(details["name"])
    return name, tuple(int(size) for size in details["shape"])


def answers(data: bytes, samples: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
    """Runs a file that has the signature ``serving_default``.

    Args:
        data: The file; without the mark for half precision, XNNPACK computes it in single precision.
        samples: [count, *input shape].

    Returns:
        Output name to [count, *output shape].
    """
    interpreter = Interpreter(model_content=data, num_threads=1)
    call = interpreter.get_signature_runner(SIGNATURE_KEY)
    (name,) = call.get_input_details()
    rows = [call(**{name: sample}) for sample in samples]
    return {output: np.stack([row[output] for row in rows]) for output in rows[0]}
