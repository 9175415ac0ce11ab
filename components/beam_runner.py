"""Options of the Beam runner that a step is given, checked before anything is computed."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import create_runner

from noria.errors import ConfigError


def runner_options(arguments: Sequence[str]) -> PipelineOptions:
    """Parses options such as ``--runner=...``.

    Raises:
        ConfigError: Beam refuses the options, or knows no such runner.
    """
    complaint = io.StringIO()
    try:
        # Beam parses with argparse, which prints and ends the process.
        with contextlib.redirect_stderr(complaint):
            options = PipelineOptions(list(arguments))
            name = options.get_all_options()["runner"]
    except SystemExit:
        reason = complaint.getvalue().strip().rpartition("error: ")[2]
        raise ConfigError(f"beam.pipeline_args: Beam refuses {' '.join(arguments)}: {reason}") from None
    try:
        create_runner(name or "")
    except (ValueError, ImportError, AttributeError) as error:
        raise ConfigError(
            f"beam.pipeline_args: Beam has no runner {name!r}: {error}",
            hint="e.g. --runner=BundleBasedDirectRunner; docs/workers.md names the others",
        ) from error
    return options
