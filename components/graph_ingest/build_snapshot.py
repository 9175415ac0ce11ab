"""``python -m components.graph_ingest.build_snapshot FOLDER``: this machine's package index as Parquet."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from components.graph_ingest.sources.apt import find_indexes, release_facts
from components.graph_ingest.sources.debian_index import number_packages, read_stanzas
from noria.errors import NoriaError


def main(arguments: list[str] | None = None) -> int:
    """Writes the snapshot and prints its counts; returns the exit status."""
    parser = argparse.ArgumentParser(description="Write a package-graph snapshot from this machine's index.")
    parser.add_argument("folder", type=Path, help="folder to write")
    parser.add_argument("--index", default="", help="a Packages file; default: what apt has downloaded")
    parser.add_argument("--release", default="", help="code name, e.g. bookworm; default: this machine's own")
    parser.add_argument("--area", action="append", help="archive component, may be repeated; default: main")
    options = parser.parse_args(arguments)
    try:
        indexes = find_indexes(options.index, options.release, tuple(options.area or ("main",)))
        tables = number_packages(read_stanzas(indexes), release_facts(indexes))
        tables.save(options.folder)
    except NoriaError as error:
        print(error, file=sys.stderr)
        return 1
    for kind, count in tables.counts().items():
        print(f"{kind:12} {count:>9,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
