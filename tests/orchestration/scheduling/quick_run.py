"""Stands for ``noria run``: takes the run as that does, and keeps a list of real runs.

Where the home folder has a file "hold", the run goes on until there is a file "go".

python quick_run.py --run-id=ID --target=T [...] -- PIPELINE
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from noria.home import Home
from noria.journal import append
from orchestration.run_claim import claim_run
from orchestration.run_record import RunRecord, now


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", default="succeeded")
    parser.add_argument("pipeline")
    parser.add_argument("--run-id")
    options, _ = parser.parse_known_args()
    home = Home.find()
    claim = claim_run(home, options.run_id)
    if claim is None:
        return
    if options.pipeline == "unknown":
        sys.exit("there is no pipeline 'unknown'")
    record = RunRecord(options.run_id, options.pipeline, "local", "running", now(), os.getpid())
    claim.folder.save(record)
    append(home.root / "begun.jsonl", {"run": record.id, "at": time.time()})
    if (home.root / "hold").exists():
        # Not for ever: the test may have been killed.
        until = time.monotonic() + 600
        while not (home.root / "go").exists() and time.monotonic() < until:
            time.sleep(0.02)
    record.state, record.ended = options.state, now()
    append(home.root / "ended.jsonl", {"run": record.id, "at": time.time()})
    claim.folder.save(record)
    claim.release()


if __name__ == "__main__":
    main()
