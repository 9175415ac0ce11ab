"""A model in every format."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.device_lab.device_run import DeviceUnavailableError
from components.device_lab.lab_folder import lab_folder
from components.device_lab.model_file import inspect_file
from components.device_lab.published_models.catalogue import PublishedModel
from components.device_lab.published_models.fetch import fetch, install_packages
from components.device_lab.published_models.photographs import crops
from components.device_lab.published_models.rewrite import marked, widened
from noria.errors import NoriaError

FORMATS = ("shipped", "fp32", "fp16_weights", "fp16", "int8_dynamic", "int8")
# The newest one that asks for the LiteRT that Noria runs on.
QUANTIZER = ("ai-edge-quantizer==0.10.0", "immutabledict==4.2.1")
_PICTURE = (1, 224, 224, 3)
_CALIBRATION_SEED = 1
_CALIBRATION_COUNT = 24
_TIME_LIMIT = 900


@dataclass(frozen=True)
class FormatFile:
    """A model in one format.

    Attributes:
        format: One of FORMATS.
        data: The file; None where the format is not possible.
        why_not: Why it is not.
    """

    format: str
    data: bytes | None
    why_not: str = ""


def make_formats(
    model: PublishedModel, formats: Sequence[str], progress: Callable[[str], None]
) -> dict[str, FormatFile]:
    """Makes what can be made, single precision in any case; ai-edge-quantizer quantizes published files.

    Returns:
        Name of the format to its file, in the order of FORMATS.

    Raises:
        DeviceUnavailableError: The model itself cannot be had here.
        NoriaError: The file cannot be rewritten or converted.
    """
    if model.source and model.source.registry == "keras":
        files = _architecture(model, progress)
        return {file.format: file for file in files if file.format in {"fp32", *formats}}
    half = fetch(model, progress)
    single = widened(half)
    makers: dict[str, Callable[[], FormatFile]] = {
        "shipped": lambda: FormatFile("shipped", half),
        "fp32": lambda: FormatFile("fp32", single),
        "fp16_weights": lambda: FormatFile("fp16_weights", marked(half, half=False)),
        "fp16": lambda: FormatFile("fp16", marked(half, half=True)),
        "int8_dynamic": lambda: _quantized(model, single, "int8_dynamic", progress),
        "int8": lambda: _quantized(model, single, "int8", progress),
    }
    return {name: makers[name]() for name in FORMATS if name in {"fp32", *formats}}


def _architecture(model: PublishedModel, progress: Callable[[str], None]) -> list[FormatFile]:
    """Every format of an architecture, by the converter that pipelines export with."""
    assert model.source
    progress(f"building and exporting {model.source}")
    files = [FormatFile("shipped", None, "nothing is shipped: the architecture is built and exported here")]
    with tempfile.TemporaryDirectory(prefix="noria-keras-") as name:
        folder = Path(name)
        pictures = crops(model, _PICTURE, _CALIBRATION_COUNT, seed=_CALIBRATION_SEED)
        np.save(folder / "pictures.npy", pictures[:, 0])
        _program("keras_program", model.source.package, str(folder / "pictures.npy"), str(folder))
        for format in FORMATS[1:]:
            path, reason = folder / f"{format}.tflite", folder / f"{format}.txt"
            files.append(
                FormatFile(format, path.read_bytes())
                if path.is_file()
                else FormatFile(format, None, reason.read_text(encoding="utf-8"))
            )
    return files


def _quantized(
    model: PublishedModel, single: bytes, format: str, progress: Callable[[str], None]
) -> FormatFile:
    progress(f"quantizing {model.name}: {format}")
    try:
        site = install_packages(lab_folder() / QUANTIZER[0].replace("==", "-"), QUANTIZER)
    except DeviceUnavailableError as error:
        return FormatFile(format, None, error.message)
    with tempfile.TemporaryDirectory(prefix="noria-quantize-") as name:
        folder = Path(name)
        arguments = [str(folder / "single.tflite"), str(folder / "int8.tflite")]
        Path(arguments[0]).write_bytes(single)
        if format == "int8":
            (tensor,) = inspect_file(single).inputs.values()
            samples = crops(model, tensor.shape, _CALIBRATION_COUNT, seed=_CALIBRATION_SEED)
            np.save(folder / "samples.npy", samples)
            arguments.append(str(folder / "samples.npy"))
        try:
            _program("quantize_program", *arguments, path=site)
        except NoriaError as error:
            return FormatFile(format, None, error.message)
        return FormatFile(format, Path(arguments[1]).read_bytes())


def _program(name: str, *arguments: str, path: Path | None = None) -> None:
    """Runs a module of this package in a process with Keras 3 and, where given, more packages."""
    places = [
        str(Path(__file__).parents[3]),
        *([str(path)] if path else []),
        os.environ.get("PYTHONPATH", ""),
    ]
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"{__package__}.{name}", *arguments],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, places)),
                "TF_USE_LEGACY_KERAS": "0",
                "TF_CPP_MIN_LOG_LEVEL": "3",
            },
            capture_output=True,
            text=True,
            timeout=_TIME_LIMIT,
        )
    except subprocess.TimeoutExpired:
        raise NoriaError(f"{name} was not done after {_TIME_LIMIT} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise NoriaError(f"{name} failed: {last[:500]}")
