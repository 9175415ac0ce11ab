"""Whether an image can run steps: what they need is imported, and told by version."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import version

# Module to import, and the distribution that it belongs to. Imported in this order.
_NEEDED = {
    "tensorflow": "tensorflow",
    "tfx.types": "tfx",
    "apache_beam": "apache-beam",
    "mlflow": "mlflow",
    "kfp.pipeline_spec.pipeline_spec_pb2": "kfp",
    "ai_edge_litert": "ai-edge-litert",
    "components.artifacts": "",
    "pipelines.registry": "",
}


def check_image() -> int:
    """Imports each part and prints its version; returns 0, or 1 when one cannot be imported."""
    status = 0
    for module, distribution in _NEEDED.items():
        try:
            importlib.import_module(module)
        except Exception as error:
            # Whatever a broken installation raises: all of them are to be listed.
            print(f"{module}: {type(error).__name__}: {error}", file=sys.stderr)
            status = 1
        else:
            print(f"{distribution or module} {version(distribution) if distribution else 'ok'}")
    return status
