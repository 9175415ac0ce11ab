"""The program that a step's container starts: the launcher's view in, the same step as locally, and back.

``python -m orchestration.kubeflow.entrypoint --executor_class_path X --json_serialized_invocation_args
'{{$}}' --json_serialized_inputs_spec_args '{...}'``; ``--check`` only says whether the image is sound.

Exit status: 0 done; 1 the step failed; 2 what the step was given is unsound (KFP's launcher makes 1 of it).
The reason is the container's termination message, which Kubeflow's page shows beside the failed step.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from noria.errors import NoriaError

# Where Kubernetes looks for it, and how much of it is kept.
_TERMINATION_LOG = Path("/dev/termination-log")
_TERMINATION_LOG_VARIABLE = "NORIA_TERMINATION_LOG"
_TERMINATION_LENGTH = 4096

SUCCEEDED, FAILED, UNSOUND = 0, 1, 2


def main(arguments: Sequence[str]) -> int:
    """Runs one step; returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.check:
        from orchestration.kubeflow.image_check import check_image

        return check_image()
    # An evicted pod gets this signal; let it end in words.
    signal.signal(signal.SIGTERM, _evicted)
    try:
        from orchestration.beam_options import BEAM_VARIABLE
        from orchestration.kubeflow.pod_step import run_pod_step

        error = run_pod_step(
            options.executor_class_path,
            options.json_serialized_invocation_args,
            options.json_serialized_inputs_spec_args,
            json.loads(os.environ.get(BEAM_VARIABLE, "[]")),
        )
    except NoriaError as unsound:
        _say(str(unsound))
        return UNSOUND
    except Exception as unforeseen:
        # An error of ours; still the page is to show more than an exit status.
        traceback.print_exc()
        _say(f"{type(unforeseen).__name__}: {unforeseen}")
        return FAILED
    if error:
        _say(error)
        return FAILED
    return SUCCEEDED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m orchestration.kubeflow.entrypoint", allow_abbrev=False)
    parser.add_argument("--executor_class_path", default="")
    parser.add_argument("--json_serialized_invocation_args", default="")
    parser.add_argument("--json_serialized_inputs_spec_args", default="")
    parser.add_argument("--check", action="store_true", help="Import what steps need, print versions.")
    return parser


def _evicted(*_: object) -> None:
    _say("the pod was asked to end before the step was done (evicted, or the run was terminated)")
    raise SystemExit(128 + signal.SIGTERM)


def _say(error: str) -> None:
    step = os.environ.get("NORIA_STEP", "?")
    message = f"step {step}: {error}"
    print(message, file=sys.stderr, flush=True)
    path = Path(os.environ.get(_TERMINATION_LOG_VARIABLE, _TERMINATION_LOG))
    if path.exists():
        path.write_bytes(message.encode()[:_TERMINATION_LENGTH])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
