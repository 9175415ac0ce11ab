"""The work of forecast_evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.evaluation_record import ChampionResult
from components.forecast_evaluation.backtest_rows import read_rows
from components.forecast_evaluation.baselines import check_labels, forecast_baselines
from components.forecast_evaluation.champion import check_card, score_champion
from components.forecast_evaluation.comparison import Comparison, compare
from components.forecast_evaluation.config import ForecastEvaluationConfig
from components.forecast_evaluation.period_totals import period_totals
from components.forecast_evaluation.report import Findings, write_report
from components.forecast_evaluation.series_table import series_table
from components.forecast_training.forecasts import ForecastsFolder
from components.model_folder import ModelFolder
from components.step_executor import StepExecutor
from components.temporal_features.feature_table import FeatureTable
from noria.errors import DataError


class Executor(StepExecutor[ForecastEvaluationConfig]):
    """Compares all models with baselines once, then evaluates the forest and the network."""

    config_type = ForecastEvaluationConfig

    def run(
        self, config: ForecastEvaluationConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        features = FeatureTable.load(inputs["features"])
        forecasts = ForecastsFolder.load(inputs["forecasts"])
        facts = features.facts
        rows = read_rows(forecasts.read(), facts.index, forecasts.facts)
        periods = period_totals(features.periods(), facts.index, rows, facts.period)
        label_difference = check_labels(rows, periods, facts.horizon)
        comparison = compare(
            rows,
            forecasts.facts,
            forecast_baselines(rows, periods, config.baselines, config.season, facts.horizon),
            periods,
            periods.count(facts.horizon, "the horizon"),
            periods.count(config.season, "season"),
        )
        champions = {"forest": config.forest_model, "network": config.network_model}
        for output, registered in champions.items():
            check_card(ModelFolder.load(inputs[output]).card, facts, f"the {output}")
            model = _served(forecasts, output, comparison)
            folder = outputs[f"{output}_evaluation"]
            findings = Findings(
                model=model,
                comparison=comparison,
                metrics={
                    **comparison.metrics(model),
                    **comparison.improvement(model, config.bootstrap_draws, config.seed),
                },
                series=series_table(comparison, model),
                champion=score_champion(registered, features, rows, folder.parent),
                features=facts,
                label_difference=label_difference,
                max_series=config.max_series,
            )
            findings.record().save(folder)
            for path in write_report(folder, findings):
                tracking.artifact(path)
            _track(output, findings)
        _track_all(comparison)


def _served(forecasts: ForecastsFolder, output: str, comparison: Comparison) -> str:
    model = forecasts.facts.served.get(output, "")
    if model not in comparison.rows.forecasts:
        raise DataError(
            f"backtest.json serves {model!r} as the {output}; forecasts.parquet has "
            f"{', '.join(comparison.rows.forecasts)}"
        )
    return model


def _track(output: str, findings: Findings) -> None:
    values = {f"{output}_{name}": math.nan if v is None else v for name, v in findings.metrics.items()}
    values[f"{output}_series_lost"] = len(findings.series.losing)
    champion = findings.champion.result
    if isinstance(champion, ChampionResult):
        for name, value in champion.metrics.items():
            values[f"{output}_champion_{name}"] = math.nan if value is None else value
    tracking.metrics(values)


def _track_all(comparison: Comparison) -> None:
    for name, scores in comparison.windows.items():
        prefix = f"baseline_{name}" if name in comparison.baselines else f"model_{name}"
        tracking.metrics({f"{prefix}_{metric}": float(values.mean()) for metric, values in scores.items()})
        for window, value in zip(comparison.facts.windows, scores["wape"], strict=True):
            tracking.metric(f"{prefix}_window_wape", float(value), epoch=window.number)
