"""Several processes with a limit of memory each hold together what one of them cannot."""

from pathlib import Path

import numpy as np
import pytest
import scipy.fft

from components.mesh_fft.workers import transform_file
from noria.errors import ConfigError, DataError, NoriaError

#: MB that a worker may allocate for a field of 256 MB. A process alone has to hold the field and its
#: spectrum, 512 MB; of eight each needed about 180, and rarely 300 (all that the others send came at once).
LIMIT = 480


@pytest.fixture(scope="module")
def field(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("field") / "field.npy"
    rng = np.random.default_rng(0)
    values = np.lib.format.open_memmap(path, "w+", "complex64", (8192, 4096))
    for rows in np.split(values, 64):
        rows.real, rows.imag = rng.normal(size=(2, *rows.shape))
    values.flush()
    return path


@pytest.mark.slow
def test_eight_processes_hold_what_one_cannot(field, tmp_path):
    # Some of TensorFlow's kernels crash (signal 6 or 11) where memory is refused.
    with pytest.raises(NoriaError, match=r"OOM|bad_alloc|Unable to allocate|status -(6|11):"):
        transform_file(field, tmp_path / "one.npy", "fft2d", processes=1, limit_mb=LIMIT)
    assert list(tmp_path.iterdir()) == []
    transform_file(field, tmp_path / "eight.npy", "fft2d", processes=8, limit_mb=LIMIT)
    got = np.load(tmp_path / "eight.npy", mmap_mode="r")
    expected = scipy.fft.fft2(np.load(field).astype("complex128"), overwrite_x=True, workers=2)
    assert np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max()


def test_a_truncated_source(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.ones((64, 64)))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"a\.npy is not a whole array"):
        transform_file(path, tmp_path / "b.npy", "fft2d", processes=2)


def test_what_no_worker_is_started_for(tmp_path):
    with pytest.raises(ConfigError, match="expected one of fft"):
        transform_file(tmp_path / "a.npy", tmp_path / "b.npy", "dct", processes=2)
    with pytest.raises(ConfigError, match="0 processes"):
        transform_file(tmp_path / "a.npy", tmp_path / "b.npy", "fft", processes=0)
