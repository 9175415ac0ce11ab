"""The temporal pipeline: single events in, a checked, registered forecast of what comes next out.

1. event_ingest: CSV or Parquet -> events in order of time; what is wrong with them is counted
2. temporal_features: Temporian graph compiled from the configuration, guarded against leaks
3. feature_examples, statistics_gen, schema_gen, example_validator: TFX's data validation
4. feature_validation: limits, anomalies, drift; a breach ends the run before anything is trained
5. forecast_training: forests and a quantile network, over several back-test windows
6. forecast_evaluation: beside baselines and the champion, per window and per series
7. tflite_export: the network's on-device file, compared with it on real test samples
8. device_check: the file on every device of the target
9. forest_promotion, network_promotion: MLflow registry; champion only when every gate holds
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from components.device_check.config import DeviceCheckConfig
from components.event_ingest.component import EventIngest
from components.event_ingest.config import EventIngestConfig
from components.event_ingest.source_digest import check_source, with_source_digest
from components.forecast_evaluation.component import ForecastEvaluation
from components.forecast_evaluation.config import ForecastEvaluationConfig, check_lengths
from components.forecast_training.backtest import check_backtest
from components.forecast_training.component import ForecastTraining
from components.forecast_training.config import ForecastTrainingConfig
from components.model_promotion.component import ModelPromotion
from components.model_promotion.config import ModelPromotionConfig
from components.temporal_features.component import TemporalFeatures
from components.temporal_features.config import TemporalFeaturesConfig
from components.tflite_export.config import TfliteExportConfig
from noria.errors import ConfigError, DataError, NoriaError
from noria.typed_config import TypedConfig
from pipelines.feature_checks import FeatureChecksConfig, feature_checks
from pipelines.feature_checks import check as check_features
from pipelines.on_device import on_device
from pipelines.registry import ScoreRequest, ScoreResult
from pipelines.shared_settings import SharedSettings

MODELS = ("forest", "network")


class PromotionConfig(TypedConfig):
    """The two models that are handed on."""

    forest: ModelPromotionConfig = Field(description="The better of the two forests.")
    network: ModelPromotionConfig = Field(description="The quantile network.")


class TemporalConfig(SharedSettings):
    """Everything about one stream of events: where it comes from, what is forecast, how."""

    shared: ClassVar = {
        f"promotion.{model}.registered_model": (f"evaluation.{model}_model",) for model in MODELS
    }

    events: EventIngestConfig = Field(description="Where events come from, and their columns.")
    features: TemporalFeaturesConfig = Field(description="What is computed of them, and what is forecast.")
    validation: FeatureChecksConfig = Field(
        default_factory=FeatureChecksConfig, description="Limits that the features have to keep."
    )
    training: ForecastTrainingConfig = Field(
        default_factory=ForecastTrainingConfig, description="Back-test windows and models."
    )
    evaluation: ForecastEvaluationConfig = Field(
        default_factory=ForecastEvaluationConfig, description="Baselines and what is measured."
    )
    export: TfliteExportConfig = Field(
        default_factory=TfliteExportConfig, description="The network's on-device file."
    )
    devices: DeviceCheckConfig = Field(
        default_factory=DeviceCheckConfig, description="What the network's exported file has to run on."
    )
    promotion: PromotionConfig = Field(description="The registered models and their gates.")


def check(config: TemporalConfig) -> None:
    """Looks for what can be known before the first step starts.

    Raises:
        NoriaError: The source is not there, or two steps do not fit each other.
    """
    check_source(config.events)
    config.check_shared()
    check_features(config.validation)
    target = config.features.label.of
    if target not in config.events.value_columns:
        raise ConfigError(
            f"features.label.of is {target!r}, but events.values has {', '.join(config.events.value_columns)}"
        )
    check_backtest(config.training.backtest, config.features.horizon, config.features.tick)
    check_lengths(config.evaluation, config.features.period_seconds, config.features.horizon)
    promotion = config.promotion
    if promotion.forest.registered_model == promotion.network.registered_model:
        raise ConfigError(
            f"promotion.forest and promotion.network are both registered as "
            f"{promotion.forest.registered_model!r}: one would replace the other",
            hint="give each a registered_model of its own",
        )


def create_pipeline(config: TemporalConfig) -> list[Any]:
    """The components of one stream of events, in order."""
    ingest = EventIngest(with_source_digest(config.events))
    temporal = TemporalFeatures(config.features, events=ingest.outputs["events"])
    features = temporal.outputs["features"]
    checks = feature_checks(config.validation, features)
    training = ForecastTraining(config.training, features=features)
    # No data flows between them, but features that break their limits must not be trained on.
    training.add_upstream_node(checks["feature_validation"])
    models = {name: training.outputs[name] for name in MODELS}
    evaluation = ForecastEvaluation(
        config.evaluation,
        features=features,
        forecasts=training.outputs["forecasts"],
        **models,
    )
    exported = on_device(models["network"], config.export, config.devices)
    steps = {
        "event_ingest": ingest,
        "temporal_features": temporal,
        **checks,
        "forecast_training": training,
        "forecast_evaluation": evaluation,
        **exported.steps,
        # Forests have no TFLite form: they are served from their SavedModel.
        "forest_promotion": ModelPromotion(
            config.promotion.forest,
            model=models["forest"],
            evaluation=evaluation.outputs["forest_evaluation"],
        ),
        "network_promotion": ModelPromotion(
            config.promotion.network,
            model=models["network"],
            evaluation=evaluation.outputs["network_evaluation"],
            tflite=exported.tflite,
            devices=exported.devices,
        ),
    }
    return [step.with_id(name) for name, step in steps.items()]


def score(config: TemporalConfig, request: ScoreRequest) -> ScoreResult:
    """Applies a model and the feature graph that travels with it to new events.

    Raises:
        NoriaError: There is no such model, it takes or answers something else than the champion and the
            configuration does not let it, or the events cannot be used.
    """
    from components.forecast_scoring.score import score as score_events

    if request.model and request.model not in MODELS:
        raise ConfigError(f"--model {request.model}: the pipeline has {' and '.join(MODELS)}")
    if request.artifacts is not None:
        name, path, title = _run_model(config, request)
    else:
        name, path, title = _champion(config, request)
    events = config.events.with_path(request.events)
    scored = score_events(events, path, request.output, request.latest)
    dropped = ", ".join(f"{count} {reason}" for reason, count in scored.events.dropped.items())
    lines = (
        f"{request.output}: {scored.rows:,} forecasts of {scored.series:,} series by {title}",
        f"ticks {scored.first} to {scored.last} ({config.events.timestamp.time_zone})",
        f"from {scored.events.rows:,} of {scored.events.rows_read:,} events"
        + (f"; dropped: {dropped}" if dropped else ""),
        *([f"{scored.without_scale:,} ticks left out: nothing to scale by"] if scored.without_scale else []),
    )
    values = {
        "output": str(request.output),
        "model": name,
        "rows": scored.rows,
        "series": scored.series,
        "first": scored.first,
        "last": scored.last,
        "events": scored.events.rows,
        "events_read": scored.events.rows_read,
        "dropped": dict(scored.events.dropped),
        "without_scale": scored.without_scale,
    }
    return ScoreResult(lines, values)


def _run_model(config: TemporalConfig, request: ScoreRequest) -> tuple[str, Any, str]:
    from components.evaluation_record import EvaluationRecord
    from components.model_promotion.contract_gate import check_against_champion

    artifacts = request.artifacts or {}
    if missing := [name for name in MODELS if name not in artifacts]:
        raise DataError(f"the run has no output {' or '.join(missing)} on this machine")

    def wape(name: str) -> float:
        found = EvaluationRecord.load(artifacts[f"{name}_evaluation"]).metrics["wape"]
        return float("inf") if found is None else found

    name = request.model or min(MODELS, key=wape)
    promotion: ModelPromotionConfig = getattr(config.promotion, name)
    if not promotion.contract_may_change:
        tflite = artifacts.get("tflite") if name == "network" else None
        setting = f"promotion.{name}.contract_may_change"
        check_against_champion(promotion.registered_model, artifacts[name], tflite, setting)
    return name, artifacts[name], f"the run's {name}"


def _champion(config: TemporalConfig, request: ScoreRequest) -> tuple[str, Any, str]:
    from components.model_promotion.champion import find_champion

    for name in [request.model] if request.model else MODELS:
        registered = getattr(config.promotion, name).registered_model
        if champion := find_champion(registered, request.scratch):
            return name, champion.model.path, f"champion {registered} version {champion.version}"
    names = " or ".join(getattr(config.promotion, n).registered_model for n in MODELS)
    raise NoriaError(
        f"the model registry has no champion of {names}",
        hint="name a run with --run, or see `noria show last` for the gates that did not hold",
    )
