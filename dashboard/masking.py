"""Hides secrets before anybody sees them: in configurations by the field's name, in texts by their value."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "******"
_NAMES = re.compile(
    r"passw(or)?d|passphrase|secret|credential|api_?key|access_?key|private_?key|token$|^auth(orization)?$",
    re.I,
)
# Not secrets though they are called so: files and variables that hold one, names of Kubernetes secrets.
_HARMLESS = re.compile(r"(_file|_variable|_name|_env)$|^secrets?$|tokens$", re.I)
_IN_TEXT = (
    (re.compile(r"(://[^/\s:@]+:)[^/\s@]+(@)"), rf"\1{HIDDEN}\2"),
    (re.compile(r"(?i)(\bauthorization\s*[:=]\s*(?:bearer|basic)\s+)\S+"), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"(?i)(\b[\w-]*(?:password|passwd|secret|api_?key|access_?key)\b['\"]?\s*[:=]\s*['\"]?)[^\s'\",}]+"
        ),
        rf"\1{HIDDEN}",
    ),
)
# A shorter value is too likely to be a word of its own.
_SHORTEST = 6


def looks_secret(name: str) -> bool:
    """Whether a field or variable of this name holds a secret."""
    return bool(_NAMES.search(name)) and not _HARMLESS.search(name)


class Mask:
    """Knows the secret values of this process's environment."""

    def __init__(self, variables: Iterable[str] = (), environment: Mapping[str, str] = os.environ) -> None:
        named = set(variables)
        values = {
            value
            for name, value in environment.items()
            if (name in named or looks_secret(name)) and len(value) >= _SHORTEST
        }
        longest_first = sorted(values, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, text: str) -> str:
        """The text without secret values, passwords in addresses, and what follows ``password=``."""
        if self._values is not None:
            text = self._values.sub(HIDDEN, text)
        for pattern, replacement in _IN_TEXT:
            text = pattern.sub(replacement, text)
        return text

    def tree(self, tree: Any) -> Any:
        """The same of nested mappings and lists; fields named like a secret lose their value whole."""
        if isinstance(tree, Mapping):
            return {
                key: HIDDEN if value and looks_secret(str(key)) and not _nested(value) else self.tree(value)
                for key, value in tree.items()
            }
        if isinstance(tree, list | tuple):
            return [self.tree(item) for item in tree]
        return self.text(tree) if isinstance(tree, str) else tree


def _nested(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple)
