"""What graph_ingest reads, what is to be predicted, how nodes are split, how text becomes vectors."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from noria.typed_config import FILLED_IN, TypedConfig

SourceKind = Literal["snapshot", "debian", "tables", "ogb"]


class SourceConfig(TypedConfig):
    """Where the graph comes from."""

    kind: SourceKind = Field(
        "snapshot",
        description="snapshot: a package graph written by build_snapshot; debian: this machine's package "
        "index; tables: a folder with a TF-GNN schema.pbtxt; ogb: OGB's folder of ogbn-mag or ogbn-arxiv.",
    )
    path: str = Field(
        "",
        description="The source's folder, absolute or relative to the working folder. Empty: the shipped "
        "snapshot; for debian the index that apt names (a Packages file may be given instead).",
    )
    release: str = Field(
        "", description="debian: the release's code name, e.g. bookworm. Empty: this machine's own."
    )
    archive_areas: tuple[str, ...] = Field(
        ("main",), description="debian: the archive's components to read, e.g. [main, universe]."
    )
    missing: Literal["fail", "zero"] = Field(
        "fail", description="tables: whether an empty or NaN number is an error, or is read as 0 and counted."
    )


class TaskConfig(TypedConfig):
    """Which nodes are classified, by what."""

    node_set: str = Field("package", description="tables: the node set whose nodes carry the label.")
    label: str = Field("section", description="tables: the label's column; text or whole numbers.")
    group: str = Field(
        "",
        description="tables: column whose equal values are never split apart. Empty: every node for itself. "
        "Package graphs always group by source package.",
    )
    min_class_count: int | None = Field(
        None,
        ge=1,
        description="Nodes of rarer classes lose their label. Null: 200 for package graphs, else 1.",
    )
    unseen_labels: Literal["fail", "drop"] = Field(
        "fail",
        description="Whether a class with no training node is an error, or its nodes lose their label.",
    )


class SplitConfig(TypedConfig):
    """How labelled nodes are divided, where the source brings no split of its own."""

    train: float = Field(0.8, gt=0, lt=1, description="Share of the groups that train.")
    valid: float = Field(0.1, gt=0, lt=1, description="Share of the groups for early stopping.")
    test: float = Field(0.1, gt=0, lt=1, description="Share of the groups for the final measurement.")
    seed: int = Field(0, ge=0, description="Another seed gives another division.")
    column: str | None = Field(
        None,
        description="tables: column that holds train, valid, test or nothing. Null: `split` where there is "
        "such a column, else the shares above.",
    )

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        total = self.train + self.valid + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train + valid + test must be 1, got {total:g}")
        return self


class TextFeature(TypedConfig):
    """How one text feature becomes numbers."""

    method: Literal["tfidf_svd", "hashing"] = Field(
        "tfidf_svd",
        description="tfidf_svd: TF-IDF, then a truncated SVD fitted on the texts of all nodes (no labels); "
        "hashing: signed feature hashing, nothing fitted.",
    )
    dimension: int = Field(128, ge=1, description="Length of the vector.")
    words: int = Field(
        12, ge=0, description="Hashed word ids kept beside the vector, for learned embeddings; 0 = none."
    )


class GraphIngestConfig(TypedConfig):
    """Configuration of graph_ingest."""

    source: SourceConfig = Field(default_factory=SourceConfig, description="Where the graph comes from.")
    task: TaskConfig = Field(default_factory=TaskConfig, description="What is to be predicted.")
    split: SplitConfig = Field(default_factory=SplitConfig, description="How labelled nodes are divided.")
    text: dict[str, dict[str, TextFeature]] = Field(
        default_factory=dict,
        description="Per node set and text feature; those not named use the defaults. Package graphs have "
        "one: package.text.",
    )
    source_digest: str = Field(
        "",
        description="Content digest of the source, filled in when the pipeline is defined: the cache's key.",
        json_schema_extra=FILLED_IN,
    )
