"""A tiny pipeline for tests; its artifact type can be reached here, as Kubeflow wants it."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "Numbers":
        from toy.pipeline import Numbers

        return Numbers
    raise AttributeError(name)
