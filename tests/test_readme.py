"""Every command of the README works as it stands there, on small data."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.components.event_ingest.online_retail import write_online_retail

ROOT = Path(__file__).parents[1]
SLICE = ["--config", "tests/data/graph-small.yaml"]
QUICK = [
    *("--set", "training.network.epochs=2", "--set", "training.backtest.windows=2"),
    *("--set", "training.forest={gbt: {trees: 20}, rf: {trees: 20}}"),
]

pytestmark = pytest.mark.slow


def commands() -> list[list[str]]:
    """The lines of the README's shell blocks, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.strip()]


def test_every_command(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "NORIA", "TF_USE"))}
    environment |= {"NORIA_HOME": str(tmp_path / "home")}
    retail = tmp_path / "online_retail.csv"
    write_online_retail(retail, rows=20_000, seed=0)
    files = {"online_retail.csv": str(retail), "forecasts.parquet": str(tmp_path / "forecasts.parquet")}
    found = commands()
    assert found[:2] == [["make", "demo"], ["make", "test"]]
    # What `make demo` runs, on the slice; `make test` is what runs this.
    for target in ("demo", "test"):
        steps = run(["make", "-n", target], environment)
        assert "noria run graph" in steps if target == "demo" else "pytest" in steps
    made = json.loads(noria(["run", "graph", *SLICE, "--json"], environment))
    files["model.tflite"] = str(Path(made["artifacts"]["tflite"], "model.tflite"))
    for command in found[2:]:
        program, *arguments = command
        if program == "make":
            run(["make", "-n", *arguments], environment)
        elif program == ".venv/bin/python":
            # Benchmarks take minutes: that they start is what is tested here.
            run([sys.executable, *arguments, "--help"], environment)
        elif arguments[0] == "mlflow":
            assert serves(environment)
        else:
            assert program == ".venv/bin/noria", f"the README has a command that no test knows: {command}"
            if "--target" in arguments:
                # No cluster here: what would be uploaded is compiled (tests of the client start such runs).
                target = arguments[arguments.index("--target") + 1]
                output = str(tmp_path / f"{target}.yaml")
                noria(["compile", arguments[1], "--target", target, "-o", output], environment)
                continue
            own = arguments[:2] == ["run", "graph"] and "--config" not in arguments
            for name, path in files.items():
                arguments = [argument.replace(name, path) for argument in arguments]
            quick = QUICK if arguments[:2] == ["run", "temporal"] else []
            noria([*arguments, *(SLICE if own else []), *quick], environment)


def noria(arguments: list[str], environment: dict[str, str]) -> str:
    return run([sys.executable, "-m", "cli.main", *arguments], environment)


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def serves(environment: dict[str, str]) -> bool:
    """Starts ``noria mlflow``, opens the address that it prints, ends it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "mlflow"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout
        address = next(
            match.group() for line in server.stdout if (match := re.search(r"http://127\.0\.0\.1:\d+", line))
        )
        end = time.monotonic() + 180
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(address, timeout=60) as page:
                    return b"MLflow" in page.read()
            except OSError:
                time.sleep(0.5)
        return False
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=120)
