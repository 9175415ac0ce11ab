"""Small graphs on disk, in every layout that graph_ingest reads."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

_SCHEMA = """
node_sets { key: "paper" value {
  features { key: "title" value { dtype: DT_STRING } }
  features { key: "year" value { dtype: DT_FLOAT } }
  features { key: "kind" value { dtype: DT_INT64 } }
  features { key: "vector" value { dtype: DT_FLOAT shape { dim { size: 3 } } } }
  features { key: "topic" value { dtype: DT_STRING } }
  metadata { filename: "papers.csv" } } }
node_sets { key: "author" value { metadata { filename: "authors.csv" } } }
edge_sets { key: "cites" value { source: "paper" target: "paper" metadata { filename: "cites.csv" } } }
edge_sets { key: "written_by" value { source: "paper" target: "author" metadata { filename: "by.csv" } } }
"""
_SPLITS = ["train", "train", "valid", "test", "train", "train", "valid", "test", "", "train"]


def _paper(i: int) -> str:
    return f"p{i},paper number {i},{2000 + i},{i % 4},{i} 0.5 -1,{'ab'[i % 2]},{_SPLITS[i]},s{i // 2}"


@pytest.fixture
def tables_folder(tmp_path: Path) -> Path:
    """Ten papers in five series, two authors, a schema; every split has both topics where labelled."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "schema.pbtxt").write_text(_SCHEMA)
    rows = "\n".join(_paper(i) for i in range(10))
    (folder / "papers.csv").write_text(f"id,title,year,kind,vector,topic,split,series\n{rows}\n")
    (folder / "authors.csv").write_text("id\n1\n2\n")
    (folder / "cites.csv").write_text("source,target\np0,p1\np0,p2\np3,p0\n")
    (folder / "by.csv").write_text("source,target\np0,2\np9,1\n")
    return folder


@pytest.fixture
def replace_text() -> Callable[[Path, str, str], None]:
    """Replaces text in a file, and insists that it was there."""

    def replace(path: Path, old: str, new: str) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return replace


@pytest.fixture
def write_gz() -> Callable[[Path, str], None]:
    """Writes a gzipped text file, folders included."""

    def write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()))

    return write


@pytest.fixture
def arxiv_folder(tmp_path: Path, write_gz: Callable[[Path, str], None]) -> Path:
    """ogbn-arxiv's layout with six nodes."""
    folder = tmp_path / "ogbn_arxiv"
    write_gz(folder / "raw/edge.csv.gz", "0,1\n0,2\n5,0\n")
    write_gz(folder / "raw/node-feat.csv.gz", "".join(f"{i},{i / 2}\n" for i in range(6)))
    write_gz(folder / "raw/node-label.csv.gz", "0\n1\n0\n1\n0\n1\n")
    write_gz(folder / "raw/node_year.csv.gz", "2010\n" * 6)
    write_gz(folder / "raw/num-node-list.csv.gz", "6\n")
    write_gz(folder / "raw/num-edge-list.csv.gz", "3\n")
    for name, nodes in (("train", "0\n1\n"), ("valid", "2\n3\n"), ("test", "5\n4\n")):
        write_gz(folder / f"split/time/{name}.csv.gz", nodes)
    return folder


@pytest.fixture
def mag_folder(tmp_path: Path, write_gz: Callable[[Path, str], None]) -> Path:
    """ogbn-mag's layout with four papers, two authors, one institution."""
    folder = tmp_path / "ogbn_mag"
    write_gz(folder / "raw/num-node-dict.csv.gz", "author,institution,paper\n2,1,4\n")
    triplets = {"author,affiliated_with,institution": "1,0\n", "author,writes,paper": "0,0\n1,3\n"}
    triplets["paper,cites,paper"] = "0,1\n2,3\n"
    write_gz(folder / "raw/triplet-type-list.csv.gz", "\n".join(triplets) + "\n")
    for triplet, edges in triplets.items():
        write_gz(folder / "raw/relations" / triplet.replace(",", "___") / "edge.csv.gz", edges)
    write_gz(folder / "raw/node-feat/paper/node-feat.csv.gz", "1,2\n3,4\n5,6\n7,8\n")
    write_gz(folder / "raw/node-feat/paper/node_year.csv.gz", "2010\n" * 4)
    write_gz(folder / "raw/node-label/paper/node-label.csv.gz", "7\n9\n7\n9\n")
    write_gz(folder / "raw/nodetype-has-label.csv.gz", "author,institution,paper\nFalse,False,True\n")
    for name, nodes in (("train", "0\n1\n"), ("valid", "2\n"), ("test", "3\n")):
        write_gz(folder / f"split/time/paper/{name}.csv.gz", nodes)
    write_gz(folder / "split/time/nodetype-has-split.csv.gz", "author,institution,paper\nFalse,False,True\n")
    return folder
