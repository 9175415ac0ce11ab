"""The package graph of a Debian-like archive, with a package's section as its label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.graph_ingest.config import TextFeature
from components.graph_ingest.source_graph import SourceGraph
from components.graph_ingest.sources.package_tables import (
    MULTI_ARCH,
    PACKAGE_EDGES,
    PRIORITIES,
    PackageTables,
)
from components.graph_ingest.tables import NodeSet, edge_set
from components.graph_ingest.text_features import BUCKETS, padded_ids, text_vectors
from noria.errors import ConfigError, DataError, first_few

MIN_CLASS_COUNT = 200


def package_graph(
    tables: PackageTables, text: Mapping[str, Mapping[str, TextFeature]], origin: str
) -> SourceGraph:
    """Builds the graph; siblings (packages of one source) share a group.

    Features of a package, none of which holds its name: ``text`` float32 [d], the short description as a
    vector (``text_features.text_vectors``: fitted on all packages, labels unseen); ``words`` int32 [w],
    hashed words, 0-padded; ``facts`` float32 [9]: installed size as log1p(KiB) / 10, same on all
    architectures, Multi-Arch same / foreign / allowed, Priority required / important / standard / extra.
    Sources, maintainers and tags have no features.

    Args:
        tables: The index in numbers.
        text: Settings of ``package.text``; the defaults where it is absent.
        origin: The snapshot's folder or the index file, for error messages.

    Raises:
        ConfigError: ``text`` names another feature.
        DataError: An edge leads to a node that does not exist.
    """
    settings = _text_settings(text)
    counts = tables.counts()
    sizes = {kind: counts[f"{kind}s"] for kind in ("package", "source", "maintainer", "tag")}
    packages = np.arange(sizes["package"], dtype=np.int32)
    pairs = {
        **{name: ("package", tables.edges[name]) for name in PACKAGE_EDGES},
        "from_source": ("source", (packages, tables.source)),
        "maintained_by": ("maintainer", (packages, tables.maintainer)),
        "has_tag": ("tag", tables.edges["has_tag"]),
    }
    for name, (target, ends) in pairs.items():
        for end, kind in zip(ends, ("package", target), strict=True):
            _require_nodes(end, sizes[kind], f"{origin}: edge set {name}", kind)
    features: dict[str, npt.NDArray[Any]] = {"text": text_vectors(tables.words, settings)}
    if settings.words:
        features["words"] = padded_ids(tables.words, settings.words)
    features["facts"] = package_facts(tables)
    node_sets = {kind: NodeSet(size, features if kind == "package" else {}) for kind, size in sizes.items()}
    return SourceGraph(
        node_sets=node_sets,
        edge_sets={
            name: edge_set("package", target, ends, (sizes["package"], sizes[target]))
            for name, (target, ends) in pairs.items()
        },
        node_set="package",
        labels=pa.array(tables.section, pa.string()),
        group=tables.source,
        split=None,
        origin=origin,
        vocabularies={"package": {"words": BUCKETS}} if settings.words else {},
        notes={
            "index": dict(tables.facts),
            "tags": list(tables.tags),
            "missing": {"package": {"text": int((np.diff(tables.words.offsets) == 0).sum())}},
        },
    )


def package_facts(tables: PackageTables) -> npt.NDArray[np.float32]:
    """float32 [packages, 9]: the small facts, see ``package_graph``."""
    columns = [np.log1p(tables.installed_size) / 10, tables.architecture_all]
    columns += [tables.multi_arch == i for i in range(1, len(MULTI_ARCH))]
    columns += [tables.priority == i for i in range(1, len(PRIORITIES))]
    facts: npt.NDArray[np.float32] = np.stack(columns, axis=1).astype(np.float32)
    return facts


def _text_settings(text: Mapping[str, Mapping[str, TextFeature]]) -> TextFeature:
    unknown = [f"{s}.{f}" for s, features in text.items() for f in features if (s, f) != ("package", "text")]
    if unknown:
        raise ConfigError(f"text.{unknown[0]}: a package graph has one text feature, package.text")
    return text.get("package", {}).get("text", TextFeature())


def _require_nodes(ends: npt.NDArray[Any], size: int, origin: str, kind: str) -> None:
    wrong = np.flatnonzero((ends < 0) | (ends >= size))
    if len(wrong):
        raise DataError(
            f"{origin}: {len(wrong)} edges end at a {kind} that does not exist (there are {size}): "
            f"{first_few(ends[wrong])}"
        )
