"""Pictures of pipelines."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from pipelines.drawing import HEIGHT, WIDTH, Node, draw, layout

SVG = "{http://www.w3.org/2000/svg}"
NODES = [
    Node("a", (), ("x",)),
    Node("b", ("a",), ("y",)),
    Node("c", ("a",), ("z",)),
    Node("d", ("a", "b", "c"), ()),
]


def test_every_step_has_a_box_and_the_text_is_escaped() -> None:
    root = ElementTree.fromstring(draw([*NODES, Node("<e>", ("d",), ("&",))]))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert [t for t in texts if t in {"a", "b", "c", "d", "<e>"}] == ["a", "b", "c", "d", "<e>"]
    assert "&" in texts


def test_long_names_stay_inside_their_box() -> None:
    root = ElementTree.fromstring(draw([Node("a", (), ("first_long_output", "second_long_output"))]))
    box = next(rect for rect in root.iter(f"{SVG}rect") if rect.get("rx"))
    what = next(text for text in root.iter(f"{SVG}text") if text.get("class") == "what")
    assert float(what.get("textLength", "inf")) < float(box.get("width", "0"))


def test_arrows_that_a_longer_way_implies_are_left_out() -> None:
    root = ElementTree.fromstring(draw(NODES))
    arrows = [path for path in root.iter(f"{SVG}path") if path.get("marker-end")]
    # a-b, a-c, b-d, c-d; not a-d.
    assert len(arrows) == 4


@given(st.data())
def test_no_arrow_crosses_a_box(data: st.DataObject) -> None:
    names = [chr(ord("a") + i) for i in range(data.draw(st.integers(2, 8)))]
    earlier = [names[:i] for i in range(len(names))]
    before = [data.draw(st.lists(st.sampled_from(e), unique=True)) if e else [] for e in earlier]
    laid = layout([Node(name, tuple(up), ()) for name, up in zip(names, before, strict=True)])
    for path in laid.arrows:
        x, y = map(int, re.findall(r"M(\d+),(\d+)", path)[0])
        for command, numbers in re.findall(r"([CH])([-\d, ]+)", path):
            *_, end = re.findall(r"-?\d+(?:,-?\d+)?", numbers)
            x2, y2 = map(int, end.split(",")) if command == "C" else (int(end), y)
            for left, top in laid.boxes.values():
                beside = x2 <= left or x >= left + WIDTH
                above_or_below = command == "H" and not top < y < top + HEIGHT
                assert beside or above_or_below, (path, left, top)
            x, y = x2, y2


def test_steps_that_may_run_side_by_side_stand_in_one_column() -> None:
    root = ElementTree.fromstring(draw(NODES))
    lefts = [rect.get("x") for rect in root.iter(f"{SVG}rect") if rect.get("rx")]
    assert lefts[1] == lefts[2]
    assert lefts[0] < lefts[1] < lefts[3]
