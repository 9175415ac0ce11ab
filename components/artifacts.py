"""The artifact types that flow between steps.

Kubeflow takes ``package.Type`` names with one dot that can be imported, and no PROPERTIES
(custom properties only), so every type here follows that rule. An artifact is a folder.
"""

from __future__ import annotations

from noria.light_tfx import without_frameworks

with without_frameworks():
    from tfx.types.artifact import Artifact


class GraphTables(Artifact):
    """A heterogeneous graph: columns, adjacency, schema (layout: ``components/graph_ingest/tables.py``)."""

    TYPE_NAME = "components.GraphTables"


class ValidationReport(Artifact):
    """Statistics and checks of a data set: ``statistics.json``, ``checks.json``, ``report.html``."""

    TYPE_NAME = "components.ValidationReport"


class GraphSamples(Artifact):
    """Sampled subgraphs per split, or the specification to draw them afresh."""

    TYPE_NAME = "components.GraphSamples"


class TrainedModel(Artifact):
    """A SavedModel in ``saved_model/`` with ``model.json`` beside it (signature, task, training facts)."""

    TYPE_NAME = "components.TrainedModel"


class NodeEmbeddings(Artifact):
    """``embeddings.parquet``: one row per node with its id and vector."""

    TYPE_NAME = "components.NodeEmbeddings"


class ModelEvaluation(Artifact):
    """``evaluation.json`` (metrics, baselines, champion), pictures and ``report.html``."""

    TYPE_NAME = "components.ModelEvaluation"


class TfliteModel(Artifact):
    """``model.tflite`` and ``export.json`` (parity, size, latency)."""

    TYPE_NAME = "components.TfliteModel"


class DeviceReport(Artifact):
    """``devices.json``: what an exported file did on each device; pictures and ``report.html``."""

    TYPE_NAME = "components.DeviceReport"


class PromotionRecord(Artifact):
    """``promotion.json``: the gate table, the registered version and its aliases."""

    TYPE_NAME = "components.PromotionRecord"


class EventTable(Artifact):
    """Events in order of time (layout: ``components/event_ingest/event_table.py``)."""

    TYPE_NAME = "components.EventTable"


class FeatureTable(Artifact):
    """Features and label per series and tick, and the graph that made them.

    Layout: ``components/temporal_features/feature_table.py``.
    """

    TYPE_NAME = "components.FeatureTable"


class Forecasts(Artifact):
    """Every model's forecasts on every back-test window (``components/forecast_training/forecasts.py``)."""

    TYPE_NAME = "components.Forecasts"


class SessionLog(Artifact):
    """Listening sessions, their items and users (layout: ``components/session_ingest/session_log.py``)."""

    TYPE_NAME = "components.SessionLog"


class UserModels(Artifact):
    """Learned user models, a folder per model (``components/user_model_training/user_model_folder.py``)."""

    TYPE_NAME = "components.UserModels"


class Agents(Artifact):
    """Every trained agent and seed: ``<agent>/<seed>/`` is a TrainedModel; ``agents.json`` lists them."""

    TYPE_NAME = "components.Agents"


class FieldSet(Artifact):
    """Images and fields as arrays that can be memory-mapped (``components/field_ingest/field_set.py``)."""

    TYPE_NAME = "components.FieldSet"


class SpectralFeatures(Artifact):
    """Spectra, spectral features of images, denoised fields (``components/spectral_features``)."""

    TYPE_NAME = "components.SpectralFeatures"
