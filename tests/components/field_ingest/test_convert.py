"""Tests of components/field_ingest/convert.py, open_array.py and field_file.py."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from components.field_ingest.config import FieldSourceConfig
from components.field_ingest.convert import check_field, convert_field
from components.field_ingest.field_set import field_path
from noria.errors import DataError

Array = np.ndarray[Any, np.dtype[Any]]
PLANE = np.random.default_rng(0).integers(0, 65536, (23, 17), np.uint16)
VOLUME = np.random.default_rng(1).integers(0, 256, (5, 9, 7), np.uint8)
COLOURS = np.random.default_rng(2).integers(0, 256, (11, 6, 3), np.uint8)


def _save_npz(path: Path, values: Array) -> None:
    np.savez_compressed(path, values=values)


def _save_pages(path: Path, values: Array) -> None:
    tifffile.imwrite(path, values, photometric="minisblack", compression="zlib")


def _save_tiles(path: Path, values: Array) -> None:
    tifffile.imwrite(path, values, photometric="minisblack", tile=(16, 16))


def _save_zarr(path: Path, values: Array) -> None:
    zarr.save_array(path, values)


def _save_zarr_group(path: Path, values: Array) -> None:
    zarr.open_group(path, mode="w").create_array("values", data=values, chunks=(2,) * values.ndim)


def _save_fortran(path: Path, values: Array) -> None:
    np.save(path, np.asfortranarray(values))


SAVERS: dict[str, Callable[[Path, Array], Any]] = {
    "plain.npy": np.save,
    "fortran.npy": _save_fortran,
    "packed.npz": _save_npz,
    "pages.tif": _save_pages,
    "tiles.tiff": _save_tiles,
    "array.zarr": _save_zarr,
    "group.zarr": _save_zarr_group,
}


def read(path: Path, chunk_mb: int = 1, **settings: Any) -> Array:
    """What field_ingest makes of a file."""
    source = FieldSourceConfig(name="field", path=str(path), **settings)
    convert_field(source, path, path.parent, chunk_mb)
    return np.load(field_path(path.parent, "field"))


@pytest.mark.parametrize("values", [PLANE, VOLUME], ids=["plane", "volume"])
@pytest.mark.parametrize("name", SAVERS)
def test_every_format_gives_the_same_field(name: str, values: Array, tmp_path: Path) -> None:
    SAVERS[name](tmp_path / name, values)
    result = read(tmp_path / name)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, values / np.iinfo(values.dtype).max, rtol=1e-6)
    assert {p.name for p in tmp_path.iterdir()} == {name, "fields"}, "something was left behind"


@pytest.mark.parametrize(
    ("mode", "values"),
    [("L", PLANE.astype(np.uint8)), ("I;16", PLANE), ("1", PLANE > 30000)],
)
def test_gray_png(mode: str, values: Array, tmp_path: Path) -> None:
    picture = Image.fromarray(values)
    assert picture.mode == mode
    picture.save(tmp_path / "a.png")
    scale = 1 if mode == "1" else np.iinfo(values.dtype).max
    np.testing.assert_allclose(read(tmp_path / "a.png"), values / scale, rtol=1e-6)


def test_colours_become_gray(tmp_path: Path) -> None:
    gray = COLOURS @ np.array([0.2125, 0.7154, 0.0721]) / 255
    Image.fromarray(COLOURS).save(tmp_path / "rgb.png")
    tifffile.imwrite(tmp_path / "rgb.tif", COLOURS, photometric="rgb")
    np.save(tmp_path / "rgb.npy", COLOURS)
    np.testing.assert_allclose(read(tmp_path / "rgb.png"), gray, rtol=1e-5)
    np.testing.assert_allclose(read(tmp_path / "rgb.tif"), gray, rtol=1e-5)
    np.testing.assert_allclose(read(tmp_path / "rgb.npy", channels="luminance"), gray, rtol=1e-5)
    np.testing.assert_allclose(read(tmp_path / "rgb.npy", channels=1), COLOURS[..., 1] / 255, rtol=1e-5)
    assert read(tmp_path / "rgb.npy", channels="none").shape == (11, 6, 3)
    Image.fromarray(COLOURS).quantize(16).save(tmp_path / "palette.png")
    assert np.abs(read(tmp_path / "palette.png") - gray).max() < 0.4


def test_alpha_is_laid_on_white(tmp_path: Path) -> None:
    alpha = np.tile(np.array([0, 128, 255], np.uint8), (11, 2))
    Image.fromarray(np.dstack([COLOURS, alpha])).save(tmp_path / "rgba.png")
    gray = COLOURS @ np.array([0.2125, 0.7154, 0.0721]) / 255
    np.testing.assert_allclose(read(tmp_path / "rgba.png"), gray * (alpha / 255) + 1 - alpha / 255, rtol=1e-5)
    assert (read(tmp_path / "rgba.png")[:, 0] == 1).all()


@pytest.mark.parametrize(
    ("values", "scale", "expected"),
    [
        (np.array([[-128, 0, 127]], np.int8), "dtype", [[-128 / 127, 0, 1]]),
        (np.array([[0, 2**63]], np.uint64), "dtype", [[0, 0.5]]),
        (np.array([[7, 300]], np.int64), "none", [[7, 300]]),
        (np.array([[True, False]]), "dtype", [[1, 0]]),
        (np.array([[0.1, -1e20]], ">f8"), "dtype", [[0.1, -1e20]]),
        (np.array([[0.5, 2]], np.float16), "dtype", [[0.5, 2]]),
    ],
)
def test_types_and_scales(values: Array, scale: str, expected: list[Any], tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", values)
    np.testing.assert_allclose(read(tmp_path / "a.npy", scale=scale), expected, rtol=1e-6)


def test_one_of_several_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", first=PLANE, second=PLANE[::-1])
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    group.create_array("deep/second", data=PLANE[::-1])
    group.create_array("first", data=PLANE)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(PLANE[:5], photometric="minisblack")
        file.write(PLANE[::-1], photometric="minisblack")
    for name, key in (("a.npz", "second"), ("a.zarr", "deep/second"), ("a.tif", "1")):
        np.testing.assert_allclose(read(tmp_path / name, key=key), PLANE[::-1] / 65535, rtol=1e-6)
    with pytest.raises(DataError, match=r"2 arrays, of which key names none; it has: first, second"):
        read(tmp_path / "a.npz")
    with pytest.raises(DataError, match=r"no array '7'; it has: 0, 1"):
        read(tmp_path / "a.tif", key="7")
    with pytest.raises(DataError, match=r"no array 'third'; it has: first"):
        read(tmp_path / "a.zarr", key="third")


def test_tiff_of_codings_that_tifffile_has_not(tmp_path: Path) -> None:
    pages = [Image.fromarray(page) for page in VOLUME]
    pages[0].save(tmp_path / "one.tif", compression="tiff_lzw")
    np.testing.assert_allclose(read(tmp_path / "one.tif"), VOLUME[0] / 255, rtol=1e-6)
    content = (tmp_path / "one.tif").read_bytes()
    Image.fromarray(COLOURS).save(tmp_path / "rgb.tif", compression="tiff_lzw")
    assert read(tmp_path / "rgb.tif").shape == COLOURS.shape[:2]
    pages[0].save(tmp_path / "all.tif", compression="tiff_lzw", save_all=True, append_images=pages[1:])
    with pytest.raises(DataError, match=r"several pages of the coding LZW"):
        read(tmp_path / "all.tif")
    (tmp_path / "one.tif").write_bytes(content[:20])
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "one.tif")


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_crop_is_a_slice_and_blocks_change_nothing(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shape = data.draw(st.lists(st.integers(1, 12), min_size=2, max_size=3))
    values = np.random.default_rng(0).standard_normal(shape)
    starts = [data.draw(st.integers(0, size - 1)) for size in shape]
    crop = tuple((a, data.draw(st.integers(a + 1, n))) for a, n in zip(starts, shape, strict=True))
    folder = tmp_path_factory.mktemp("crop")
    chunks = tuple(data.draw(st.integers(1, n)) for n in shape)
    zarr.create_array(folder / "a.zarr", data=values, chunks=chunks)
    expected = values[tuple(slice(*part) for part in crop)].astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        rows = data.draw(st.integers(1, 13))
        patch.setattr("components.field_ingest.convert.rows_per_block", lambda *_: rows)
        source = FieldSourceConfig(name="f", path="a.zarr", crop=crop, channels="none")
        facts = convert_field(source, folder / "a.zarr", folder, 1)
    np.testing.assert_array_equal(np.load(field_path(folder, "f")), expected)
    assert facts.shape == expected.shape
    assert [facts.minimum, facts.maximum] == [expected.min(), expected.max()]
    assert facts.mean == pytest.approx(expected.mean(dtype=np.float64), abs=1e-6)
    assert facts.deviation == pytest.approx(expected.std(dtype=np.float64), abs=1e-6)


@pytest.mark.parametrize("name", ["plain.npy", "packed.npz", "pages.tif", "array.zarr"])
def test_memory_stays_far_below_the_field(name: str, tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((48, 512, 512), np.float32)  # 48 MiB
    if name == "array.zarr":
        zarr.create_array(tmp_path / name, data=values, chunks=(1, 512, 512), compressors=None)
    elif name == "packed.npz":
        np.savez(tmp_path / name, values=values)
    elif name == "pages.tif":
        tifffile.imwrite(tmp_path / name, values, photometric="minisblack")
    else:
        np.save(tmp_path / name, values)
    size = values.nbytes
    del values
    tracemalloc.start()
    try:
        source = FieldSourceConfig(name="field", path=name)
        convert_field(source, tmp_path / name, tmp_path, chunk_mb=2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size / 3


@pytest.mark.parametrize("name", [*SAVERS, "a.png"])
def test_truncated_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "a.png":
        Image.fromarray(PLANE).save(path)
    else:
        SAVERS[name](path, PLANE)
    chunk = path
    if path.is_dir():
        chunk = max((p for p in path.rglob("*") if p.is_file() and p.name != "zarr.json"), key=str)
    content = chunk.read_bytes()
    for part in (0.9, 0.5, 0.0):
        chunk.write_bytes(content[: int(len(content) * part)])
        with pytest.raises(DataError, match=r"cannot be read|is truncated"):
            read(path)
        assert not field_path(tmp_path, "field").exists()
    assert {p.name for p in tmp_path.rglob("*")} >= {name}
    assert not list((tmp_path / "fields").glob(".*"))


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.tif", "a.png", "a.zarr"])
def test_files_of_something_else(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("no array\n" * 100)
    with pytest.raises(DataError, match=f"{name} cannot be read"):
        read(tmp_path / name)


def test_values_that_are_not_finite(tmp_path: Path) -> None:
    values = np.ones((4, 6, 5))
    values[2, 3, 1] = np.nan
    values[3, 0, 0] = np.inf
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(DataError, match=r"field field .*a\.npy\): nan at \[2, 3, 1\] is no finite"):
        read(tmp_path / "a.npy")
    with pytest.raises(DataError, match=r"inf at \[3, 0, 0\]"):
        read(tmp_path / "a.npy", crop=((3, 4), (0, 6), (0, 5)))
    assert not field_path(tmp_path, "field").exists()
    np.save(tmp_path / "a.npy", np.full((2, 2), 1e300))
    with pytest.raises(DataError, match=r"1e\+300 at \[0, 0\] is no finite float32"):
        read(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("values", "settings", "message"),
    [
        (np.ones((3, 3), np.complex64), {}, "is complex64; expected whole numbers or fractions"),
        (np.array([["a", "b"]]), {}, "is <U1"),
        (np.zeros((2, 2), [("x", "f4")]), {}, "is \\[\\('x', '<f4'\\)\\]"),
        (np.ones(5), {}, r"has 1 axis \[5\]; expected \[H, W\] or \[D, H, W\]"),
        (np.ones((2, 2, 5, 5)), {}, "has 4 axes"),
        (np.ones((2, 5, 5, 5)), {"channels": "luminance"}, "5 channels; luminance is of 1 to 4"),
        (np.ones((0, 5)), {}, r"is empty: its shape is \[0, 5\]"),
        (np.ones((5, 5, 3)), {}, "may be colours or an axis"),
        (np.ones((5, 5, 3)), {"channels": 3}, "channel 3 is none of them"),
        (np.ones((5, 5)), {"channels": 0}, "has 1 axis and channels"),
        (np.ones((5, 5)), {"crop": ((0, 6), (0, 5))}, r"crop \[\[0, 6\], \[0, 5\]\] does not fit"),
        (np.ones((5, 5)), {"crop": ((0, 5),)}, "does not fit"),
        (np.array([[None]]), {}, "cannot be read"),
    ],
)
def test_arrays_that_are_no_field(
    values: Array, settings: dict[str, Any], message: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", values, allow_pickle=True)
    with pytest.raises(DataError, match=message):
        read(tmp_path / "a.npy", **settings)
    # The header says it, so that a run need not start.
    np.savez(tmp_path / "a.npz", values=values)
    for name in ("a.npy", "a.npz"):
        # An object array's header is read in a .npz, where nothing is unpacked yet.
        expected = "is object" if name == "a.npz" and values.dtype.kind == "O" else message
        with pytest.raises(DataError, match=expected):
            check_field(FieldSourceConfig(name="f", path=name, **settings), tmp_path / name)
