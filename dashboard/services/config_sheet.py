"""A configuration that a person fills in, as fields or as YAML: the part that every form of one shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.masking import Mask
from dashboard.services.config_form import FormGroup, config_form, yaml_text
from dashboard.services.form_input import (
    NO_FIELD,
    check_config,
    default_tree,
    merged,
    read_form,
    unmasked,
    whole_tree,
    written_tree,
)
from dashboard.services.safe_yaml import read_yaml
from noria.errors import NoriaError
from noria.typed_config import TypedConfig
from pipelines.registry import LoadedPipeline

# Settings have their path behind this in the names of controls; the other view is one text of this name.
_SETTING, _YAML = "c.", "yaml"


@dataclass(frozen=True)
class SheetView:
    """What ``config_sheet.html`` draws.

    Attributes:
        general: Errors that stand beside no field.
        text: The configuration as YAML.
    """

    form: FormGroup
    general: tuple[str, ...]
    as_yaml: bool
    text: str

    @property
    def wrong(self) -> bool:
        """Whether anything has to be mended."""
        return bool(self.general or self.form.errors)


@dataclass
class ConfigSheet:
    """A configuration while it is filled in; what a person typed stays as it was.

    Attributes:
        tree: The configuration as it would be taken, perhaps incomplete.
        shown: The complete one that the form began with.
        errors: What is wrong, by field; ``NO_FIELD`` for the whole.
    """

    loaded: LoadedPipeline
    tree: dict[str, Any]
    shown: dict[str, Any]
    as_yaml: bool = False
    text: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, loaded: LoadedPipeline, tree: dict[str, Any] | None = None) -> ConfigSheet:
        """With a stored configuration; None: the pipeline's default one."""
        if tree is None:
            return cls(loaded, written_tree(loaded), default_tree(loaded))
        return cls(loaded, tree, whole_tree(loaded, tree))

    def read(self, sent: Mapping[str, str]) -> None:
        """Takes over what was typed, as far as it can be read."""
        self.as_yaml = _YAML in sent
        if not self.as_yaml:
            names = (name for name in sent if name.startswith(_SETTING))
            self.typed = {name.removeprefix(_SETTING): sent[name] for name in names}
            self.tree, self.errors = read_form(self.loaded.config_type, self.typed, self.tree, self.shown)
            return
        self.text = sent[_YAML].replace("\r\n", "\n")
        try:
            # Nothing written: the configuration that the form began with.
            self.tree = unmasked(read_yaml(self.text), self.shown) or self.tree
        except NoriaError as error:
            self.errors = {NO_FIELD: str(error)}

    def turned(self, action: str) -> bool:
        """Turns to the other view where ``action`` asks for it (yaml, fields) and all could be read."""
        if self.errors or action not in ("yaml", "fields"):
            return False
        self.as_yaml, self.typed, self.text = action == "yaml", {}, ""
        return True

    def check(self) -> TypedConfig | None:
        """The configuration; None where it does not fit, which ``errors`` then tells."""
        if self.errors:
            return None
        found = check_config(self.loaded, self.tree)
        self.errors = found.errors
        return found.config

    def view(self, mask: Mask) -> SheetView:
        """As it is drawn, without secrets."""
        defaults = default_tree(self.loaded)
        config = check_config(self.loaded, self.tree).config
        complete = config.model_dump(mode="json") if config else merged(defaults, self.tree)
        form = config_form(self.loaded.config_type, mask.tree(complete), defaults, self.errors, self.typed)
        known = {item.path for item in form.every}
        # In the YAML view nothing is beside a field: errors are listed with their paths.
        general = tuple(
            mask.text(f"{path}: {text}" if path else text)
            for path, text in self.errors.items()
            if self.as_yaml or path not in known
        )
        return SheetView(form, general, self.as_yaml, self.text or yaml_text(mask.tree(self.tree)))
