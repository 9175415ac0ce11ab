"""Fetches the jars that ``<name>.xml`` lists into ``.tools/job-servers/<name>``; makes job servers of them.

Maven is asked only when they are not there yet. They are compared with one digest over all of them.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path

_HERE = Path(__file__).parent
_BUILT = _HERE.parent.parent / ".tools" / "job-servers"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
# SHA-256 over the jars' names and SHA-256s.
_PINNED = {
    "flink": "061b39cc05f966782a8d331170901c4ae4b68b7eb16def4c63c7338f71ee7f07",
    "flink-cluster": "a49ba044e8195560f6b69236f0cd5229761df85abb10d58509efc776e7992688",
    "spark": "396a2c3a558c50f68182b80644b57f82a7f84ec139a22459db26e0061d6a461b",
}
_MAIN = {
    "flink": "org.apache.beam.runners.flink.FlinkJobServerDriver",
    "spark": "org.apache.beam.runners.spark.SparkJobServerDriver",
}


def jars(name: str) -> Path:
    """The folder of the jars, fetched where it is not there.

    Raises:
        RuntimeError: Java or Maven is missing, Maven fails, or the jars are not those that are pinned.
    """
    if missing := [program for program in ("java", "mvn") if shutil.which(program) is None]:
        raise RuntimeError(f"{' and '.join(missing)} missing: install a JDK 17 and Maven")
    folder = _BUILT / name
    if not folder.is_dir():
        _fetch(name, folder)
    if (found := _digest(folder)) != _PINNED[name]:
        raise RuntimeError(f"{folder} holds other files than those pinned: got {found}, not {_PINNED[name]}")
    return folder


def job_server(name: str) -> Path:
    """A jar that starts Beam's job server for ``flink`` or ``spark`` (``java -jar``); it names the others."""
    jar = _BUILT / f"{name}.jar"
    parts = sorted(jars(name).glob("*.jar"))
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", _manifest(_MAIN[name], parts))
    return jar


def _fetch(name: str, parts: Path) -> None:
    fresh = parts.with_name(f"{name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    done = subprocess.run(
        [
            *("mvn", "-B", "-q", "-C", "-f", str(_HERE / f"{name}.xml"), _COPY),
            *("-DincludeScope=runtime", f"-DoutputDirectory={fresh}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"Maven could not fetch the parts of {name}:\n{done.stdout}{done.stderr}")
    fresh.rename(parts)


def _digest(parts: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(parts.iterdir()):
        with path.open("rb") as file:
            total.update(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n".encode())
    return total.hexdigest()


def _manifest(main_class: str, parts: list[Path]) -> str:
    lines = ["Manifest-Version: 1.0", f"Main-Class: {main_class}"]
    lines.append("Class-Path: " + " ".join(path.as_uri() for path in parts))
    # A line of a manifest has 72 bytes at most; the next goes on after a blank.
    wrapped = [
        "\r\n ".join([line[:72], *(line[i : i + 71] for i in range(72, len(line), 71))]) for line in lines
    ]
    return "\r\n".join(wrapped) + "\r\n\r\n"
