"""From a configuration to a checked graph."""

from __future__ import annotations

from components.graph_ingest.config import GraphIngestConfig
from components.graph_ingest.node_task import node_task
from components.graph_ingest.source_graph import SourceGraph
from components.graph_ingest.source_path import source_folder
from components.graph_ingest.sources.package_graph import MIN_CLASS_COUNT
from components.graph_ingest.tables import Graph

_PACKAGE_KINDS = ("snapshot", "debian")


def read_graph(config: GraphIngestConfig) -> Graph:
    """Reads the configured source and sets up its task.

    Raises:
        DataError: The data cannot be used; the message names the file, how many and the first few.
        ConfigError: The configuration does not fit the source.
    """
    source = _read_source(config)
    default = MIN_CLASS_COUNT if config.source.kind in _PACKAGE_KINDS else 1
    task = node_task(source, config.task, config.split, config.task.min_class_count or default)
    notes = {
        **source.notes,
        "vocabularies": source.vocabularies,
        "source": {
            "kind": config.source.kind,
            "path": config.source.path,
            "node_set": source.node_set,
            "label": config.task.label,
        },
    }
    return Graph(source.node_sets, source.edge_sets, task, config.source_digest, notes)


def _read_source(config: GraphIngestConfig) -> SourceGraph:
    if config.source.kind in _PACKAGE_KINDS:
        from components.graph_ingest.sources.package_graph import package_graph
        from components.graph_ingest.sources.package_tables import PackageTables

        if config.source.kind == "snapshot":
            folder = source_folder(config.source)
            return package_graph(PackageTables.load(folder), config.text, str(folder))
        from components.graph_ingest.sources.apt import find_indexes, release_facts
        from components.graph_ingest.sources.debian_index import number_packages, read_stanzas

        indexes = find_indexes(config.source.path, config.source.release, config.source.archive_areas)
        tables = number_packages(read_stanzas(indexes), release_facts(indexes))
        return package_graph(tables, config.text, str(indexes[0]))
    if config.source.kind == "tables":
        from components.graph_ingest.sources.schema_tables import schema_graph

        return schema_graph(source_folder(config.source), config)
    from components.graph_ingest.sources.ogb import ogb_graph

    return ogb_graph(source_folder(config.source))
