"""Tests of components/graph_ingest/sources/debian_index.py."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import numpy as np
import pytest

from components.graph_ingest.sources.debian_index import nameless_description, number_packages, read_stanzas
from components.graph_ingest.sources.package_tables import MULTI_ARCH, PRIORITIES, PackageTables
from components.graph_ingest.text_features import word_ids
from noria.errors import DataError

_INDEX = """\
Package: libfoo1
Source: foo (1:2.3-4)
Installed-Size: 120
Maintainer: A <a@example.org>
Architecture: amd64
Multi-Arch: same
Depends: libbar | tool (>= 2), libbar:any [amd64], ghost,
 tool <!nocheck>
Pre-Depends: libbaz
Recommends: libfoo1, tool
Description: Foo library for numbers
 This line is not short and mentions secrets.
Tag: role::shared-lib, devel::library,
 use::calculating
Section: universe/libs
Priority: optional

Package: libbar
Maintainer: B <b@example.org>
Architecture: all
Multi-Arch: foreign
Section: libs
Priority: required
Description: bar
Tag: role::shared-lib

Package: libbaz
Source: foo
Maintainer: A <a@example.org>
Architecture: amd64
Installed-Size: many
Suggests: tool | libbar
Section: libs
Priority: strange

Package: tool
Maintainer: A <a@example.org>
Section: utils
Depends: libbaz
"""


def _tables(index: str, folder: Path) -> PackageTables:
    path = folder / "Packages"
    path.write_text(index)
    return number_packages(read_stanzas([path]), {})


@pytest.fixture
def tables(tmp_path: Path) -> PackageTables:
    return _tables(_INDEX, tmp_path)


@pytest.fixture
def numbers(tables: PackageTables) -> dict[str, int]:
    """The packages' numbers, found by what only one of them has."""
    names = {"libfoo1": 120, "libbar": None, "libbaz": None, "tool": None}
    foo = int(np.flatnonzero(tables.installed_size == names["libfoo1"])[0])
    bar = int(np.flatnonzero(tables.architecture_all)[0])
    tool = tables.section.index("utils")
    return {"libfoo1": foo, "libbar": bar, "tool": tool, "libbaz": ({0, 1, 2, 3} - {foo, bar, tool}).pop()}


def _named(tables: PackageTables, numbers: dict[str, int], edge_set: str) -> set[tuple[str, str]]:
    name = {number: package for package, number in numbers.items()}
    tails, heads = tables.edges[edge_set]
    assert len(tails) == len(set(zip(tails.tolist(), heads.tolist(), strict=True)))
    return {(name[t], name[h]) for t, h in zip(tails.tolist(), heads.tolist(), strict=True)}


def test_relations(tables: PackageTables, numbers: dict[str, int]) -> None:
    foo = {("libfoo1", "libbar"), ("libfoo1", "libbaz"), ("libfoo1", "tool")}
    assert _named(tables, numbers, "depends") == {*foo, ("tool", "libbaz")}
    # What a package says of itself is no edge.
    assert _named(tables, numbers, "recommends") == {("libfoo1", "tool")}
    assert _named(tables, numbers, "suggests") == {("libbaz", "tool"), ("libbaz", "libbar")}


def test_sources_and_maintainers(tables: PackageTables, numbers: dict[str, int]) -> None:
    source = {name: int(tables.source[number]) for name, number in numbers.items()}
    assert source["libfoo1"] == source["libbaz"]
    assert len(set(source.values())) == tables.source_count == 3
    maintainer = {name: int(tables.maintainer[number]) for name, number in numbers.items()}
    assert maintainer["libfoo1"] == maintainer["libbaz"] == maintainer["tool"] != maintainer["libbar"]
    assert tables.maintainer_count == 2


def test_small_facts(tables: PackageTables, numbers: dict[str, int]) -> None:
    foo, bar, baz = (numbers[name] for name in ("libfoo1", "libbar", "libbaz"))
    assert tables.section[foo] == tables.section[bar] == "libs"
    assert tables.installed_size[[foo, bar, baz]].tolist() == [120, 0, 0]
    assert [MULTI_ARCH[i] for i in tables.multi_arch[[foo, bar, baz]]] == ["same", "foreign", "no"]
    assert [PRIORITIES[i] for i in tables.priority[[foo, bar, baz]]] == ["optional", "required", "optional"]


def test_tags_over_continued_lines(tables: PackageTables, numbers: dict[str, int]) -> None:
    assert tables.tags == ["devel::library", "role::shared-lib", "use::calculating"]
    tails, heads = tables.edges["has_tag"]
    assert sorted(heads[tails == numbers["libfoo1"]].tolist()) == [0, 1, 2]
    assert heads[tails == numbers["libbar"]].tolist() == [1]


def test_words_are_of_the_short_description_without_names(
    tables: PackageTables, numbers: dict[str, int]
) -> None:
    def words(name: str) -> list[int]:
        offsets = tables.words.offsets[numbers[name] :][:2]
        return tables.words.ids[offsets[0] : offsets[1]].tolist()

    assert words("libfoo1") == word_ids("library for numbers")
    assert words("libbar") == word_ids("bar")
    assert words("libbaz") == words("tool") == []


@pytest.mark.parametrize(
    ("package", "source", "description", "left"),
    [
        ("libgcc-s1", "gcc-12", "GCC-12 support of libgcc-s1", "support of"),
        ("python3-numpy", "numpy", "Fast numpy2 arrays (pynumpy)", "fast arrays"),
        ("ed", "ed", "based ed editor", "based editor"),
        ("c++filt", "c++filt", "the c++filt tool", "the tool"),
        ("foo-bar", "foo", "foo-bar, foo and -bar", "and bar"),
    ],
)
def test_no_word_holds_a_name(package: str, source: str, description: str, left: str) -> None:
    text = nameless_description({"Package": package, "Description": description}, source)
    assert word_ids(text) == word_ids(left)


def test_order_of_the_index_does_not_matter(tmp_path: Path) -> None:
    paragraphs = _INDEX.strip().split("\n\n")
    random.Random(0).shuffle(paragraphs)
    first, second = (_tables(index, tmp_path) for index in (_INDEX, "\n\n".join(paragraphs) + "\n"))
    first.save(tmp_path / "first")
    second.save(tmp_path / "second")
    for file in (tmp_path / "first").iterdir():
        assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes()


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [(".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress), (".lz4", lz4.frame.compress)],
)
def test_compressed_indexes(tmp_path: Path, suffix: str, compress: Callable[[bytes], bytes]) -> None:
    plain, packed = tmp_path / "Packages", tmp_path / f"Packages{suffix}"
    plain.write_text(_INDEX)
    packed.write_bytes(compress(_INDEX.encode()))
    assert read_stanzas([packed]) == read_stanzas([plain])
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(DataError, match=rf"Packages{suffix} cannot be read as a package index"):
        read_stanzas([packed])


def test_a_package_in_two_indexes_counts_once(tmp_path: Path) -> None:
    for name in ("main", "extra"):
        (tmp_path / name).write_text(f"Package: one\nSection: {name}\n\nPackage: {name}\n")
    stanzas = read_stanzas([tmp_path / "main", tmp_path / "extra"])
    assert [s["Package"] for s in stanzas] == ["one", "main", "extra"]
    assert stanzas[0]["Section"] == "main"


def test_another_file_is_no_index(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("Title: something else\n")
    with pytest.raises(DataError, match="paragraph 1 has no Package field"):
        read_stanzas([tmp_path / "notes"])
