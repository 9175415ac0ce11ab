"""Every model in every format on every device, compared with single precision on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from components.device_lab.device_run import DeviceRequest, DeviceRun
from components.device_lab.devices import run_on
from components.device_lab.model_file import inspect_file
from components.device_lab.native import run_natively
from components.device_lab.profiles import find_profile
from components.device_lab.published_models.catalogue import CLAIM, POST, PublishedModel
from components.device_lab.published_models.formats import make_formats
from components.device_lab.published_models.photographs import crops
from components.device_lab.published_models.record import BenchmarkRecord, FormatRow, ModelRow, RunRow
from components.device_lab.single_precision import in_single_precision
from noria.errors import NoriaError

DEVICES = ("neoverse-n1", "cortex-a53", "native", "web")
# Of the largest value: how far answers may be apart and still agree.
_TOLERANCE = 0.01
_AGREES = {
    "best": "the largest value stands in the same place",
    "values": f"no value differs by more than {_TOLERANCE:.0%} of the largest",
}

Outputs = dict[str, npt.NDArray[Any]]


def run_benchmark(
    models: Sequence[PublishedModel],
    devices: Sequence[str],
    samples: int,
    formats: Sequence[str],
    progress: Callable[[str], None],
    keep: Callable[[BenchmarkRecord], None] = lambda _: None,
) -> BenchmarkRecord:
    """Runs it; a model, format or device that cannot be had is a row with the reason.

    Args:
        models: Of the catalogue.
        devices: Names of components.device_lab.profiles.
        samples: Pictures that every file is given.
        formats: Of formats.FORMATS.
        progress: Told what is being done.
        keep: Given what there is after every model; all of it takes long.

    Raises:
        ConfigError: There is no such device.
    """
    for name in devices:
        find_profile(name)
    record = BenchmarkRecord(post=POST, claim=CLAIM, samples=samples, devices=tuple(devices), models=())
    for model in models:
        row = _model(model, devices, samples, formats, progress)
        record = record.model_copy(update={"models": (*record.models, row)})
        keep(record)
    return record


def _model(
    model: PublishedModel,
    devices: Sequence[str],
    samples: int,
    formats: Sequence[str],
    progress: Callable[[str], None],
) -> ModelRow:
    if model.source is None:
        return ModelRow(name=model.name, title=model.title, had=False, why_not=model.why_not)
    try:
        files = make_formats(model, formats, progress)
    except NoriaError as error:
        return ModelRow(name=model.name, title=model.title, had=False, why_not=error.message)
    single = files["fp32"].data
    if single is None:
        return ModelRow(name=model.name, title=model.title, had=False, why_not=files["fp32"].why_not)
    (tensor,) = inspect_file(single).inputs.values()
    pictures = crops(model, tensor.shape, samples)
    expected = _in_single_precision(_request(single, pictures))
    runs = []
    for name in formats:
        if (data := files[name].data) is None:
            continue
        request = _request(data, pictures)
        own = _in_single_precision(request)
        for device in devices:
            progress(f"{model.name}: {name} on {device}")
            runs.append(_run(model, name, device, request, expected, own))
    return ModelRow(
        name=model.name,
        title=model.title,
        had=True,
        source=str(model.source),
        note=model.note,
        agrees_when=_AGREES[model.answer],
        formats=tuple(
            FormatRow(
                format=name,
                bytes=None if (data := files[name].data) is None else len(data),
                why_not=files[name].why_not,
            )
            for name in formats
        ),
        runs=tuple(runs),
    )


def _request(data: bytes, pictures: npt.NDArray[np.float32]) -> DeviceRequest:
    (name,) = inspect_file(data).inputs
    return DeviceRequest(data, {name: pictures})


def _in_single_precision(request: DeviceRequest) -> Outputs:
    return run_natively(replace(request, model=in_single_precision(request.model))).outputs


def _run(
    model: PublishedModel, format: str, device: str, request: DeviceRequest, expected: Outputs, own: Outputs
) -> RunRow:
    try:
        run = run_on(device, request)
    except NoriaError as error:
        return RunRow(format=format, device=device, ran=False, why_not=error.message)
    return judge(model, format, run, device, expected, own)


def judge(
    model: PublishedModel, format: str, run: DeviceRun, device: str, expected: Outputs, own: Outputs
) -> RunRow:
    """What a run's answers say.

    Args:
        model: Names the output that counts.
        format: Of the file.
        run: On the device.
        device: Its name.
        expected: What the network answers in single precision, output name to [count, *shape].
        own: What the same file answers in single precision on this machine.
    """
    finite = all(bool(np.isfinite(values).all()) for values in run.outputs.values())
    exact = all(_half_exact(values) for values in run.outputs.values())
    row = RunRow(
        format=format,
        device=device,
        ran=True,
        processor=run.processor,
        finite=finite,
        half_exact=exact,
        memory_bytes=run.memory_bytes,
    )
    changes: dict[str, Any] = {}
    if counted := run.instructions:
        changes |= {
            "instructions": counted.all,
            "half_instructions": counted.half,
            "single_instructions": counted.single,
            "integer_instructions": counted.integer,
            "half_precision": counted.half > counted.single,
        }
    else:
        changes["half_precision"] = exact and any(
            not np.array_equal(run.outputs[name], values) for name, values in own.items()
        )
    if finite:
        got = run.outputs[model.primary]
        changes |= _distance(model, got, expected[model.primary])
        gaps = np.abs(got.astype(np.float64) - own[model.primary])
        changes["difference_from_single"] = float(gaps.max())
    else:
        changes["agreement"] = 0.0
    return row.model_copy(update=changes)


def _distance(model: PublishedModel, got: npt.NDArray[Any], expected: npt.NDArray[Any]) -> dict[str, float]:
    flat, wanted = (values.reshape(len(values), -1).astype(np.float64) for values in (got, expected))
    gaps = np.abs(flat - wanted).max(axis=1)
    scale = float(np.abs(wanted).max()) or 1.0
    agrees = (
        flat.argmax(axis=1) == wanted.argmax(axis=1) if model.answer == "best" else gaps <= _TOLERANCE * scale
    )
    return {
        "agreement": float(agrees.mean()),
        "max_difference": float(gaps.max()),
        "relative_difference": float(gaps.max()) / scale,
    }


def _half_exact(values: npt.NDArray[Any]) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.array_equal(values.astype(np.float16).astype(values.dtype), values, equal_nan=True))
