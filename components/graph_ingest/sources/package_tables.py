"""The package graph as numbers, and the Parquet files of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from components.graph_ingest.csr import IntArray
from components.graph_ingest.text_features import WordLists
from components.table_files import read_parquet
from noria.errors import DataError
from noria.files import read_json, replacing, write_json

FACTS = "snapshot.json"
PACKAGE_EDGES = ("depends", "recommends", "suggests")
# The first of each is also what an absent or unknown value counts as.
MULTI_ARCH = ("no", "same", "foreign", "allowed")
PRIORITIES = ("optional", "required", "important", "standard", "extra")


@dataclass(frozen=True)
class PackageTables:
    """One package index in numbers; ``n`` packages.

    Attributes:
        source: int32 [n], the source package that each was built from.
        source_count: Number of source packages.
        maintainer: int32 [n].
        maintainer_count: Number of maintainers.
        section: [n] section labels, None where there is none.
        installed_size: int64 [n], KiB.
        architecture_all: bool [n], whether the package is the same on every architecture.
        multi_arch: int8 [n], an index into MULTI_ARCH.
        priority: int8 [n], an index into PRIORITIES.
        words: Hashed words of the short descriptions.
        tags: The debtags vocabulary.
        edges: Per edge set (tails, heads), int32 package numbers; heads of ``has_tag`` index ``tags``.
        facts: What is known of the index: release, date, digest.
    """

    source: IntArray
    source_count: int
    maintainer: IntArray
    maintainer_count: int
    section: Sequence[str | None]
    installed_size: IntArray
    architecture_all: npt.NDArray[np.bool_]
    multi_arch: IntArray
    priority: IntArray
    words: WordLists
    tags: Sequence[str]
    edges: Mapping[str, tuple[IntArray, IntArray]]
    facts: Mapping[str, Any]

    def counts(self) -> dict[str, int]:
        """Number of nodes and edges of every kind."""
        return {
            "packages": len(self.source),
            "sources": self.source_count,
            "maintainers": self.maintainer_count,
            "tags": len(self.tags),
            **{name: len(tails) for name, (tails, _) in self.edges.items()},
        }

    def save(self, folder: Path) -> None:
        """Writes the snapshot; the same tables give the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        packages = pa.table(
            {
                "source": self.source.astype(np.int32),
                "maintainer": self.maintainer.astype(np.int32),
                "section": pa.array(self.section, pa.string()),
                "installed_size": self.installed_size.astype(np.int64),
                "architecture_all": self.architecture_all,
                "multi_arch": self.multi_arch.astype(np.int8),
                "priority": self.priority.astype(np.int8),
                # BUCKETS is 2**15, so 16 bits hold every id.
                "words": pa.ListArray.from_arrays(
                    pa.array(self.words.offsets, pa.int32()), pa.array(self.words.ids, pa.int16())
                ),
            }
        )
        _write(folder / "packages.parquet", packages, dictionary=["section", "maintainer"])
        _write(folder / "tags.parquet", pa.table({"tag": pa.array(self.tags, pa.string())}), dictionary=[])
        for name, (tails, heads) in self.edges.items():
            # By head: the neighbours of one popular head are then small steps apart.
            order = np.lexsort((tails, heads))
            edges = pa.table({"source": tails[order], "target": heads[order]})
            _write(folder / f"{name}.parquet", edges, dictionary=[])
        write_json(folder / FACTS, {**self.facts, "counts": self.counts()})

    @classmethod
    def load(cls, folder: Path) -> PackageTables:
        """Reads what ``save`` wrote.

        Raises:
            DataError: The folder is no snapshot, or a file is damaged or does not fit the others.
        """
        if not (folder / FACTS).is_file():
            raise DataError(
                f"{folder} holds no {FACTS}",
                hint="write a snapshot with `python -m components.graph_ingest.build_snapshot FOLDER`",
            )
        try:
            facts = read_json(folder / FACTS)
            counts = facts.pop("counts")
            sizes = int(counts["sources"]), int(counts["maintainers"])
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise DataError(f"{folder / FACTS} states no counts: {type(error).__name__} {error}") from error
        packages = read_parquet(folder / "packages.parquet", _PACKAGE_COLUMNS)
        words = packages["words"].combine_chunks()
        tags = read_parquet(folder / "tags.parquet", ("tag",))["tag"].to_pylist()
        return cls(
            source=packages["source"].to_numpy(),
            source_count=sizes[0],
            maintainer=packages["maintainer"].to_numpy(),
            maintainer_count=sizes[1],
            section=packages["section"].to_pylist(),
            installed_size=packages["installed_size"].to_numpy(),
            architecture_all=packages["architecture_all"].to_numpy(),
            multi_arch=packages["multi_arch"].to_numpy(),
            priority=packages["priority"].to_numpy(),
            words=WordLists(
                words.offsets.to_numpy().astype(np.int64), words.values.to_numpy().astype(np.int32)
            ),
            tags=tags,
            edges={name: _edges(folder / f"{name}.parquet") for name in (*PACKAGE_EDGES, "has_tag")},
            facts=facts,
        )


_PACKAGE_COLUMNS = (
    "source",
    "maintainer",
    "section",
    "installed_size",
    "architecture_all",
    "multi_arch",
    "priority",
    "words",
)


def _edges(path: Path) -> tuple[IntArray, IntArray]:
    table = read_parquet(path, ("source", "target"))
    return table["source"].to_numpy(), table["target"].to_numpy()


def _write(path: Path, table: pa.Table, dictionary: list[str]) -> None:
    numbers = {
        name: "DELTA_BINARY_PACKED"
        for name in table.column_names
        if name not in dictionary and table.schema.field(name).type in (pa.int32(), pa.int64())
    }
    with replacing(path) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            compression_level=19,
            use_dictionary=dictionary,
            column_encoding=numbers,
            write_statistics=False,
            store_schema=False,
        )
