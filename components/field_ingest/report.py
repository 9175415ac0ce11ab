"""What was ingested: a small picture and the numbers of every field, and some images of every class."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from components.field_ingest.field_set import SPLITS, FieldSet, ImagesFacts
from components.pictures import png
from noria.html_report import Page

# Pixels of a small picture's longer side, and how many stand in a row.
_SIDE = 160
_COLUMNS = 5
_PER_CLASS = 8
_CLASSES_SHOWN = 20


def ingest_report(fields: FieldSet) -> str:
    """The report as HTML; reads no more of a field than its picture shows."""
    page = Page("Fields")
    if fields.names:
        page.section("Fields").paragraph(
            f"{len(fields.names)} fields. Of a three-dimensional one, the picture shows the middle slice; "
            "larger ones are thinned, which may show patterns that they have not."
        )
        page.picture(_field_pictures(fields), "every field, dark = smallest value of what is shown")
        page.table(
            ["field", "shape", "minimum", "maximum", "mean", "deviation", "from"],
            [
                (f.name, " x ".join(map(str, f.shape)), f.minimum, f.maximum, f.mean, f.deviation, f.origin)
                for f in fields.facts.fields
            ],
        )
    if fields.facts.images:
        _add_images(page, fields, fields.facts.images)
    return page.render()


def thumbnail(field: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The field, or its middle slice, thinned to at most 160 x 160."""
    plane = field[len(field) // 2] if field.ndim == 3 else field
    step = -(-max(plane.shape) // _SIDE)
    return np.array(plane[::step, ::step])


def _field_pictures(fields: FieldSet) -> bytes:
    rows = -(-len(fields.names) // _COLUMNS)
    figure = Figure(figsize=(2 * _COLUMNS, 2.2 * rows), layout="constrained")
    grid = figure.subplots(rows, _COLUMNS, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, name in zip(grid.flat, fields.names, strict=False):
        axes.imshow(thumbnail(fields.field(name)), cmap="gray", interpolation="nearest")
        axes.set_title(name, fontsize=9)
    return png(figure)


def _add_images(page: Page, fields: FieldSet, images: ImagesFacts) -> None:
    height, width = images.shape
    page.section("Labelled images").paragraph(
        f"{sum(images.counts.values()):,} images of {height} x {width} from {images.origin}."
    )
    counts = []
    for split in SPLITS:
        pictures, labels = fields.images(split)
        counts.append(np.bincount(labels, minlength=len(images.classes)))
        if split == "train":
            page.picture(
                _class_pictures(pictures, labels, images.classes), "some training images of each class"
            )
    page.table(
        ["class", *SPLITS],
        [(name, *(int(count[i]) for count in counts)) for i, name in enumerate(images.classes)],
        caption="Images per class and split",
    )


def _class_pictures(images: npt.NDArray[Any], labels: npt.NDArray[Any], classes: tuple[str, ...]) -> bytes:
    classes = classes[:_CLASSES_SHOWN]
    figure = Figure(figsize=(0.7 * _PER_CLASS + 1.5, 0.6 * len(classes) + 0.2), layout="constrained")
    all_axes = figure.subplots(len(classes), 1, squeeze=False)[:, 0]
    for label, (axes, name) in enumerate(zip(all_axes, classes, strict=True)):
        shown = images[np.flatnonzero(labels == label)[:_PER_CLASS]]
        strip = np.zeros((images.shape[1], images.shape[2] * _PER_CLASS), np.float32)
        strip[:, : images.shape[2] * len(shown)] = np.concatenate([*shown], axis=1)
        axes.imshow(strip, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(name, fontsize=8, loc="left", pad=1)
    return png(figure)
