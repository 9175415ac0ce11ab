"""The picture of a pipeline or a run: steps as boxes whose class says their state, as inline SVG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from noria.errors import NoriaError
from noria.typed_config import load_config
from orchestration.target_devices import on_devices
from orchestration.targets import LOCAL, load_target
from pipelines.drawing import HEIGHT, WIDTH, Node, layout
from pipelines.registry import find_pipeline

Upstream = dict[str, list[str]]


@dataclass(frozen=True)
class BoxText:
    """What a step's box says below its name, and the class that gives it its colour."""

    state: str
    text: str


@lru_cache(maxsize=64)
def pipeline_steps(name: str) -> Mapping[str, tuple[str, ...]]:
    """Steps of a pipeline's default configuration with the steps before each; imports TFX's DSL.

    Raises:
        NoriaError: There is no such pipeline, or its default configuration is incomplete.
    """
    from pipelines.drawing import nodes_of

    loaded = find_pipeline(name).load()
    config = load_config(loaded.config_type, loaded.entry.default_config)
    return {
        node.name: node.upstream
        for node in nodes_of(loaded.create(on_devices(config, load_target(LOCAL).devices)))
    }


def steps_or_none(name: str) -> Mapping[str, tuple[str, ...]]:
    """The same; empty where they cannot be told, e.g. because default data is missing."""
    try:
        return pipeline_steps(name)
    except (NoriaError, OSError):
        return {}


def graph_svg(
    upstream: Mapping[str, tuple[str, ...] | list[str]],
    texts: Mapping[str, BoxText],
    title: str,
    links: bool = True,
) -> Markup:
    """Draws steps.

    Args:
        upstream: Step -> steps before it, in a topological order.
        texts: What each box says.
        title: What is drawn, for screen readers.
        links: Whether a box leads to ``#step-<name>``.
    """
    if not upstream:
        return Markup("")
    nodes = [Node(name, tuple(before), ()) for name, before in upstream.items()]
    laid = layout(nodes)
    told = "; ".join(f"{name}: {texts[name].text}" for name in upstream if name in texts)
    parts = [
        Markup(
            '<svg class="graph" viewBox="0 0 {} {}" width="{}" height="{}" role="{}" aria-label="{}">'
        ).format(
            laid.width,
            laid.height,
            laid.width,
            laid.height,
            # Links within a picture that counts as one image cannot be reached.
            "group" if links else "img",
            f"{title}. {told}" if told else title,
        )
    ]
    parts += [Markup('<path class="arrow" d="{}"/>').format(arrow) for arrow in laid.arrows]
    for node in nodes:
        x, y = laid.boxes[node.name]
        box = texts.get(node.name, BoxText("", ""))
        drawn = Markup(
            '<g class="step {}"><rect x="{}" y="{}" width="{}" height="{}" rx="10"/>'
            '<text x="{}" y="{}" text-anchor="middle">{}</text>'
            '<text class="what" x="{}" y="{}" text-anchor="middle">{}</text></g>'
        ).format(
            box.state, x, y, WIDTH, HEIGHT, x + WIDTH // 2, y + (25 if box.text else 34), node.name,
            x + WIDTH // 2, y + 43, box.text,
        )  # fmt: skip
        parts.append(Markup('<a href="#step-{}">{}</a>').format(node.name, drawn) if links else drawn)
    return Markup("").join([*parts, Markup("</svg>")])
