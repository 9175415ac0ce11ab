"""Debian's package index (a ``Packages`` file) as bare numbers: no names, no prose.

Format: https://www.debian.org/doc/debian-policy/ch-controlfields.html - paragraphs of ``Field: value``
lines, continued by lines that start with a blank.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from components.graph_ingest.csr import IntArray
from components.graph_ingest.sources.package_tables import MULTI_ARCH, PRIORITIES, PackageTables
from components.graph_ingest.text_features import hash_texts
from noria.errors import DataError

# Numbers are dealt out in an order that tells nothing about names.
_SHUFFLE_SEED = 20260711
_RELATIONS = {
    "depends": ("Depends", "Pre-Depends"),
    "recommends": ("Recommends",),
    "suggests": ("Suggests",),
}

Stanza = dict[str, str]


def read_stanzas(paths: Iterable[Path]) -> list[Stanza]:
    """Reads index files (plain, .gz, .xz, .bz2 or .lz4); of a package listed twice the first is kept.

    Raises:
        DataError: A file is missing, damaged or no package index.
    """
    stanzas: dict[str, Stanza] = {}
    for path in paths:
        try:
            with _open(path) as file:
                for number, stanza in enumerate(_stanzas(file), 1):
                    if "Package" not in stanza:
                        raise DataError(f"{path}: paragraph {number} has no Package field")
                    stanzas.setdefault(stanza["Package"], stanza)
        except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError, RuntimeError) as error:
            raise DataError(
                f"{path} cannot be read as a package index: {error}", hint="run `apt-get update`"
            ) from error
    return list(stanzas.values())


def number_packages(stanzas: Iterable[Stanza], facts: Mapping[str, Any]) -> PackageTables:
    """Turns paragraphs into numbers; the same packages in any order give the same tables.

    Edges lead only to packages that are in the index; every alternative of ``a | b`` is an edge; versions
    and architecture qualifiers are dropped; what a package says of itself is no edge.

    Args:
        stanzas: Paragraphs with distinct ``Package`` fields.
        facts: What is known of the index (release, date, digest), kept with the tables.
    """
    packages = sorted(stanzas, key=lambda stanza: stanza["Package"])
    packages = [packages[i] for i in _permutation(len(packages))]
    number = {stanza["Package"]: i for i, stanza in enumerate(packages)}
    sources = [_source(stanza) for stanza in packages]
    source, source_count = _renumber(sources)
    maintainer, maintainer_count = _renumber([stanza.get("Maintainer", "") for stanza in packages])
    tags = [_items(stanza.get("Tag", "")) for stanza in packages]
    vocabulary = sorted({tag for row in tags for tag in row})
    tag_number = {tag: i for i, tag in enumerate(vocabulary)}
    return PackageTables(
        source=source,
        source_count=source_count,
        maintainer=maintainer,
        maintainer_count=maintainer_count,
        section=[_section(stanza) for stanza in packages],
        installed_size=np.array([_size(stanza) for stanza in packages], np.int64),
        architecture_all=np.array([stanza.get("Architecture") == "all" for stanza in packages]),
        multi_arch=_choices(packages, "Multi-Arch", MULTI_ARCH),
        priority=_choices(packages, "Priority", PRIORITIES),
        words=hash_texts(map(nameless_description, packages, sources)),
        tags=vocabulary,
        edges={
            **{
                name: _pairs([_related(stanza, fields, number) for stanza in packages])
                for name, fields in _RELATIONS.items()
            },
            "has_tag": _pairs([{tag_number[tag] for tag in row} for row in tags]),
        },
        facts=facts,
    )


def nameless_description(stanza: Stanza, source: str) -> str:
    """The short description, lower-cased, without any word that holds the package's or its source's name.

    Names like ``lib*-dev`` or ``python3-*`` tell the section, so they must not reach a feature. Names of
    one or two letters are removed only where they stand alone.
    """
    text = stanza.get("Description", "").partition("\n")[0].lower()
    for name in sorted({stanza["Package"].lower(), source.lower()}, key=len, reverse=True):
        if name in text:
            around = "[a-z0-9]*" if len(name) > 2 else ""
            text = re.sub(rf"(?<![a-z0-9]){around}{re.escape(name)}{around}(?![a-z0-9])", " ", text)
    return text


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".lz4":
        import lz4.frame

        return cast("IO[bytes]", lz4.frame.open(path, "rb"))
    opener: Any = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}.get(path.suffix, open)
    return cast("IO[bytes]", opener(path, "rb"))


def _stanzas(file: IO[bytes]) -> Iterator[Stanza]:
    for paragraph in re.split(r"\n[ \t]*\n", file.read().decode("utf-8")):
        stanza: Stanza = {}
        field = ""
        for line in paragraph.splitlines():
            if line[:1] in " \t":
                if field:
                    stanza[field] += "\n" + line.strip()
            else:
                field, _, value = line.partition(":")
                stanza[field] = value.strip()
        if stanza:
            yield stanza


def _source(stanza: Stanza) -> str:
    # `Source: name (version)`; without the field the source has the package's name.
    return (stanza.get("Source") or stanza["Package"]).split()[0]


def _section(stanza: Stanza) -> str | None:
    # Outside main the archive area is written in front: `universe/net`.
    return stanza.get("Section", "").rpartition("/")[2] or None


def _size(stanza: Stanza) -> int:
    size = stanza.get("Installed-Size", "0")
    return int(size) if size.isdigit() else 0


def _items(field: str) -> list[str]:
    return [item.strip() for item in field.split(",") if item.strip()]


def _related(stanza: Stanza, fields: tuple[str, ...], number: Mapping[str, int]) -> set[int]:
    names = {
        re.split(r"[\s(:\[<]", alternative.strip(), maxsplit=1)[0]
        for field in fields
        for alternative in re.split("[,|]", stanza.get(field, ""))
    }
    return {number[name] for name in names if name in number} - {number[stanza["Package"]]}


def _pairs(targets: list[set[int]]) -> tuple[IntArray, IntArray]:
    heads = np.array([target for row in targets for target in sorted(row)], np.int32)
    tails = np.repeat(np.arange(len(targets), dtype=np.int32), [len(row) for row in targets])
    return tails, heads


def _choices(packages: list[Stanza], field: str, known: tuple[str, ...]) -> IntArray:
    index = {value: i for i, value in enumerate(known)}
    return np.array([index.get(stanza.get(field, ""), 0) for stanza in packages], np.int8)


def _renumber(names: list[str]) -> tuple[IntArray, int]:
    distinct = sorted(set(names))
    number = dict(zip(distinct, _permutation(len(distinct)), strict=True))
    return np.array([number[name] for name in names], np.int32), len(distinct)


def _permutation(count: int) -> list[int]:
    return cast("list[int]", np.random.default_rng(_SHUFFLE_SEED).permutation(count).tolist())
