"""YAML that came from outside: no aliases, bounded in size and depth."""

from __future__ import annotations

from typing import Any, Literal, overload

import yaml

from noria.errors import ConfigError

MAX_CHARACTERS = 400_000
MAX_DEPTH = 40


class _NoAliases(yaml.SafeLoader):
    """A few lines of aliases can stand for gigabytes; no configuration needs them."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ConfigError("YAML aliases (*name) are not taken here", hint="write the values out")
        if self._depth >= MAX_DEPTH:
            raise ConfigError(f"more than {MAX_DEPTH} levels within each other")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


@overload
def read_yaml(text: str, *, mapping: Literal[True] = True) -> dict[str, Any]: ...


@overload
def read_yaml(text: str, *, mapping: bool) -> Any: ...


def read_yaml(text: str, *, mapping: bool = True) -> Any:
    """Reads a text.

    Raises:
        ConfigError: It is too long, too deep, has aliases, is no YAML, or is no mapping where one is wanted.
    """
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(f"{len(text)} characters of YAML; at most {MAX_CHARACTERS} are read")
    try:
        value = yaml.load(text, Loader=_NoAliases)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"not valid YAML: {' '.join(str(error).split())[:300]}") from None
    if not mapping:
        return value
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ConfigError(f"expected a mapping of fields, got {type(value).__name__}")
    return value
