"""Running a TFLite file by tensor names: as a phone's CPU would in FP32, and with FP16 arithmetic forced."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.hardware_accelerator import HardwareAccelerator
from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.options import CpuOptions, Options

from components.model_card import SIGNATURE_KEY, Signature, TensorSpec
from components.model_samples import Arrays

# TFLITE_XNNPACK_DELEGATE_FLAG_FORCE_FP16: on x86 it emulates half-precision arithmetic.
_FORCE_FP16 = 4


class TfliteRunner:
    """The TFLite interpreter on one thread."""

    def __init__(self, model: bytes) -> None:
        self._interpreter = Interpreter(model_content=model, num_threads=1)
        self._call = self._interpreter.get_signature_runner(SIGNATURE_KEY)
        self.signature = Signature(
            inputs=_specs(self._call.get_input_details()),
            outputs=_specs(self._call.get_output_details()),
        )

    def __call__(self, inputs: Arrays) -> dict[str, npt.NDArray[Any]]:
        """Runs one example; inputs and outputs have the signature's shapes."""
        # Converted files permute their inputs, so everything goes by name.
        return dict(self._call(**{name: np.asarray(array) for name, array in inputs.items()}))


class HalfPrecisionRunner:
    """LiteRT's compiled model with FP16 arithmetic forced, as ARMv8.2 or a phone's GPU computes."""

    def __init__(self, model: bytes, signature: Signature) -> None:
        options = Options(
            hardware_accelerators=HardwareAccelerator.CPU,
            cpu_options=CpuOptions(num_threads=1, xnnpack_flags=_FORCE_FP16),
        )
        self._model = CompiledModel.from_buffer(model, options=options)
        self._signature = signature
        self._inputs = {
            name: self._model.create_input_buffer_by_name(SIGNATURE_KEY, name) for name in signature.inputs
        }
        self._outputs = {
            name: self._model.create_output_buffer_by_name(SIGNATURE_KEY, name) for name in signature.outputs
        }

    def __call__(self, inputs: Arrays) -> dict[str, npt.NDArray[Any]]:
        """Runs one example; inputs and outputs have the signature's shapes."""
        for name, buffer in self._inputs.items():
            buffer.write(np.ascontiguousarray(inputs[name]))
        self._model.run_by_name(SIGNATURE_KEY, self._inputs, self._outputs)
        return {name: self._read(name, spec) for name, spec in self._signature.outputs.items()}

    def _read(self, name: str, spec: TensorSpec) -> npt.NDArray[Any]:
        flat = self._outputs[name].read(int(np.prod(spec.shape)), np.dtype(spec.dtype).type)
        return np.array(flat).reshape(spec.shape)


def _specs(details: dict[str, dict[str, Any]]) -> dict[str, TensorSpec]:
    return {
        name: TensorSpec.model_validate(
            {"shape": tuple(int(d) for d in tensor["shape"]), "dtype": np.dtype(tensor["dtype"]).name}
        )
        for name, tensor in details.items()
    }
