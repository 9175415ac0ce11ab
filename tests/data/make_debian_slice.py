"""``python tests/data/make_debian_slice.py``: cuts ``debian-slice`` out of the shipped snapshot.

Sources are drawn at random, then the sources of what their packages depend on join, so that the slice has
both the long tail and the hubs. A source comes with all its packages.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from components.graph_ingest.csr import IntArray
from components.graph_ingest.source_path import SHIPPED_SNAPSHOT
from components.graph_ingest.sources.package_tables import PackageTables
from components.graph_ingest.text_features import WordLists

SLICE = Path(__file__).parent / "debian-slice"
DRAWN_SOURCES = 700
PACKAGES = 4000


def chosen_packages(tables: PackageTables, drawn: int, at_most: int) -> npt.NDArray[np.bool_]:
    """bool [packages]: those of the drawn sources and of the sources they depend on most often."""
    sources = np.random.default_rng(0).permutation(tables.source_count)[:drawn]
    keep = np.isin(tables.source, sources)
    tails, heads = tables.edges["depends"]
    needed, times = np.unique(tables.source[heads[keep[tails]]], return_counts=True)
    for source in needed[np.argsort(-times, kind="stable")]:
        siblings = tables.source == source
        if (keep | siblings).sum() <= at_most:
            keep |= siblings
    return keep


def cut(tables: PackageTables, keep: npt.NDArray[np.bool_]) -> PackageTables:
    """The tables of the kept packages, with every kind of node numbered anew."""
    number = np.cumsum(keep) - 1
    sources, source = np.unique(tables.source[keep], return_inverse=True)
    maintainers, maintainer = np.unique(tables.maintainer[keep], return_inverse=True)
    edges = {name: _kept(pair, keep, keep) for name, pair in tables.edges.items() if name != "has_tag"}
    edges = {name: (number[tails], number[heads]) for name, (tails, heads) in edges.items()}
    tails, heads = _kept(tables.edges["has_tag"], keep, np.ones(len(tables.tags), bool))
    used, tag = np.unique(heads, return_inverse=True)
    lengths = np.diff(tables.words.offsets)
    return PackageTables(
        source=source.astype(np.int32),
        source_count=len(sources),
        maintainer=maintainer.astype(np.int32),
        maintainer_count=len(maintainers),
        section=[label for label, kept in zip(tables.section, keep, strict=True) if kept],
        installed_size=tables.installed_size[keep],
        architecture_all=tables.architecture_all[keep],
        multi_arch=tables.multi_arch[keep],
        priority=tables.priority[keep],
        words=WordLists(
            np.concatenate([[0], np.cumsum(lengths[keep])]), tables.words.ids[np.repeat(keep, lengths)]
        ),
        tags=[tables.tags[i] for i in used],
        edges={
            **{name: (t.astype(np.int32), h.astype(np.int32)) for name, (t, h) in edges.items()},
            "has_tag": (number[tails].astype(np.int32), tag.astype(np.int32)),
        },
        facts={**tables.facts, "cut_from": "data/debian-bookworm by tests/data/make_debian_slice.py"},
    )


def _kept(
    pair: tuple[IntArray, IntArray], tails: npt.NDArray[np.bool_], heads: npt.NDArray[np.bool_]
) -> tuple[IntArray, IntArray]:
    inside = tails[pair[0]] & heads[pair[1]]
    return pair[0][inside], pair[1][inside]


if __name__ == "__main__":
    full = PackageTables.load(SHIPPED_SNAPSHOT)
    cut(full, chosen_packages(full, DRAWN_SOURCES, PACKAGES)).save(SLICE)
