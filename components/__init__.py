"""The steps: one folder per TFX component, all of the same shape (component, config, executor, logic).

The artifact types of ``components.artifacts`` can be reached from here, too: Kubeflow knows a type as
``components.GraphTables`` and imports it by that name.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    if name[:1].isupper():
        # Not at the top: whoever imports one component's configuration does not want TFX for it.
        from components import artifacts

        if found := getattr(artifacts, name, None):
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
