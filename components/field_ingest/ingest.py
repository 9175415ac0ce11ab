"""The whole of field_ingest: from files and seeds to a FieldSet folder."""

from __future__ import annotations

from pathlib import Path

from components import tracking
from components.field_ingest.config import FieldIngestConfig
from components.field_ingest.convert import convert_field
from components.field_ingest.field_set import FieldSet, FieldSetFacts, save_facts, save_images
from components.field_ingest.generate import generate_field
from components.field_ingest.labelled_images import read_images
from components.field_ingest.source_digest import source_digest
from components.field_ingest.sources import field_file


def ingest(config: FieldIngestConfig, folder: Path) -> FieldSet:
    """Writes the configured fields and images; ``fields.json`` is written last.

    Raises:
        DataError: A source is not there, damaged, or does not fit; see ``convert_field`` and ``read_images``.
    """
    # A file that is not there is told before the others are read.
    paths = [field_file(source) for source in config.fields]
    images = read_images(config.images) if config.images.kind != "none" else None
    if images:
        save_images(folder, images.images, images.labels, images.split)
    total = len(config.names)
    fields = []
    for source, path in zip(config.fields, paths, strict=True):
        fields.append(convert_field(source, path, folder, config.chunk_mb))
        tracking.progress(len(fields), total, "fields")
    for generated in config.generate:
        fields.append(generate_field(generated, folder, config.chunk_mb))
        tracking.progress(len(fields), total, "fields")
    facts = FieldSetFacts(
        fields=tuple(fields),
        images=images.facts() if images else None,
        # Where a source could not be seen when the pipeline was defined, it can be here.
        source_digest=config.source_digest or source_digest(config),
    )
    save_facts(folder, facts)
    return FieldSet(folder, facts)
