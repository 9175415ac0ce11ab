"""A scheduler in a process of its own: python one_scheduler.py TIME... [--passes N] [--max N].

The time is that of its clock; the home folder, the database's address and the fault point at which it
dies are environment variables.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import datetime
from pathlib import Path

from noria.home import Home
from orchestration.scheduling.database import open_database
from orchestration.scheduling.scheduler import Scheduler

QUICK = Path(__file__).with_name("quick_run.py")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("times", nargs="+", type=datetime.fromisoformat)
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--max", type=int, default=1)
    options = parser.parse_args()
    home = Home.find()
    database = open_database(home, os.environ.get("TEST_DATABASE", ""))
    moment = options.times[0]
    scheduler = Scheduler(home, database, options.max, lambda: moment, command=(sys.executable, str(QUICK)))
    for moment in options.times:  # noqa: B007
        for _ in range(options.passes):
            scheduler.run_once()
            time.sleep(0.02)


if __name__ == "__main__":
    main()
