"""A model's forecast evaluation as pictures and one page; the overview of all models is on every page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.evaluation_record import ChampionResult, ChampionUnreachable, EvaluationRecord, Metrics
from components.forecast_evaluation.champion import ScoredChampion
from components.forecast_evaluation.comparison import Comparison
from components.forecast_evaluation.pictures import age_picture, series_picture, window_picture
from components.forecast_evaluation.series_table import SeriesTable
from components.pictures import bars
from components.temporal_features.feature_table import FeatureFacts
from noria.files import write_bytes, write_text
from noria.html_report import Page

# Bars that can still be read; the rest is in backtest.json.
_FEATURES_SHOWN = 30
_COLUMNS = ("wape", "rmse", "mase", "pinball", "coverage_80", "last_window_wape")


@dataclass(frozen=True)
class Findings:
    """What was found about one model.

    Attributes:
        model: Which of the comparison's.
        comparison: All models and baselines.
        metrics: The model's, the improvement over the best baseline included.
        series: It on each series.
        champion: The registered champion on the last window.
        features: Facts of the feature table.
        label_difference: See check_labels; NaN where it was not looked at.
        max_series: Rows of tables of series.
    """

    model: str
    comparison: Comparison
    metrics: Metrics
    series: SeriesTable
    champion: ScoredChampion
    features: FeatureFacts
    label_difference: float
    max_series: int

    def record(self) -> EvaluationRecord:
        """What ``evaluation.json`` holds."""
        comparison = self.comparison
        details: dict[str, Any] = {
            "model": self.model,
            "best_baseline": comparison.best_baseline,
            "models": {name: comparison.metrics(name) for name in comparison.rows.forecasts},
            "windows": [
                {
                    **window.model_dump(mode="json"),
                    "scores": {
                        name: {metric: float(values[number]) for metric, values in scores.items()}
                        for name, scores in comparison.windows.items()
                    },
                }
                for number, window in enumerate(comparison.facts.windows)
            ],
            **self.series.details(self.max_series),
            "wape_by_weeks_since_training": comparison.wape_by_week(self.model),
            "series_without_mase": comparison.unscaled,
            "label_difference": self.label_difference,
            "champion_trained_until": self.champion.trained_until,
        }
        return EvaluationRecord(
            metrics=self.metrics,
            baselines={name: comparison.metrics(name) for name in comparison.baselines},
            champion=self.champion.result,
            data_digest=self.features.data_digest,
            details=details,
        )


def write_report(folder: Path, findings: Findings) -> list[Path]:
    """Writes ``report.html`` and its pictures into ``folder``; returns their paths."""
    comparison, model = findings.comparison, findings.model
    compared = [model, comparison.best_baseline] if comparison.best_baseline else [model]
    pictures = {
        "windows.png": window_picture(comparison),
        "weeks_since_training.png": age_picture(comparison, compared, findings.features.horizon),
    }
    if findings.series.shown:
        pictures["series.png"] = series_picture(comparison, model, findings.series)
    importances = comparison.facts.importances.get(model, {})
    if importances:
        top = sorted(importances.items(), key=lambda item: -abs(item[1]))[:_FEATURES_SHOWN]
        pictures["importances.png"] = bars(dict(top), f"importance for {model} (last window)")
    for name, data in pictures.items():
        write_bytes(folder / name, data)
    page = Page(f"Forecast evaluation: {model}")
    _scores(page, findings)
    _champion(page, findings)
    _windows(page, findings, pictures)
    _series(page, findings, pictures)
    page.section("Error by age of the model").picture(
        pictures["weeks_since_training.png"],
        "WAPE by whole weeks between the end of training and the tick; a baseline is not trained, its "
        "line shows how hard those ticks are",
    )
    if importances:
        page.section("What forecasts rest on").picture(
            pictures["importances.png"], f"the first {min(len(importances), _FEATURES_SHOWN)} features"
        )
    write_text(folder / "report.html", page.render())
    return [folder / name for name in ("report.html", *pictures)]


def _scores(page: Page, findings: Findings) -> None:
    comparison, facts = findings.comparison, findings.features
    page.section("Scores").paragraph(
        f"{len(comparison.rows.label)} forecasts of {facts.target} for {len(comparison.rows.keys)} series in "
        f"{len(comparison.facts.windows)} back-test windows; every number is the mean over windows. A model "
        "that forecasts a window was trained on nothing that came after that window's end of training. "
        "WAPE: absolute errors over absolute labels. RMSE in the label's unit. MASE: error over the mean "
        f"difference one season apart in training ({comparison.unscaled} series without such a difference "
        "are left out). Pinball loss relative to the mean label. Coverage of the interval from the 10 % to "
        "the 90 % quantile, which should be 0.8."
    )
    rows = []
    for name in comparison.forecasts:
        kind = "baseline: " if name in comparison.baselines else ""
        shown = f"{kind}{name}" + (" (this model)" if name == findings.model else "")
        rows.append((shown, *(comparison.metrics(name).get(column) for column in _COLUMNS)))
    page.table(["", *(column.replace("_", " ") for column in _COLUMNS)], rows)
    best, metrics = comparison.best_baseline, findings.metrics
    if best:
        page.paragraph(
            f"WAPE is {metrics['wape_improvement']:.1%} below that of the best baseline, {best} (95 % "
            f"interval {metrics['wape_improvement_low']:.1%} to {metrics['wape_improvement_high']:.1%}, "
            "bootstrap over series; a negative number is a loss)."
        )


def _champion(page: Page, findings: Findings) -> None:
    champion, until = findings.champion.result, findings.champion.trained_until
    if isinstance(champion, ChampionUnreachable):
        page.section("Champion").paragraph(f"The champion was not scored: {champion.unreachable}")
    elif isinstance(champion, ChampionResult):
        end = _minutes(findings.comparison.facts.windows[-1].train_end)
        seen = _minutes(until) or "a moment that its card does not tell"
        page.section("Champion").table(
            ["last window", "WAPE"],
            [
                (findings.model, findings.metrics["last_window_wape"]),
                (f"champion (version {champion.version})", champion.metrics["last_window_wape"]),
            ],
        )
        page.paragraph(
            f"The champion was trained on ticks up to {seen}, the forecasts of the last window rest on ticks "
            f"up to {end}. A champion that saw later ticks is flattered by this comparison."
        )


def _minutes(moment: str) -> str:
    """``2024-05-01 00:00`` of a moment in ISO 8601."""
    return moment.replace("T", " ")[:16]


def _windows(page: Page, findings: Findings, pictures: Mapping[str, bytes]) -> None:
    comparison = findings.comparison
    page.section("Back-test windows").picture(pictures["windows.png"], "WAPE per back-test window")
    page.table(
        ["window", "first tick", "end", "trained until", "rows", *comparison.forecasts],
        [
            (
                w.number,
                *(_minutes(moment) for moment in (w.start, w.end, w.train_end)),
                w.test_rows,
                *(float(scores["wape"][number]) for scores in comparison.windows.values()),
            )
            for number, w in enumerate(comparison.facts.windows)
        ],
        caption="WAPE",
    )


def _series(page: Page, findings: Findings, pictures: Mapping[str, bytes]) -> None:
    table, best, limit = findings.series, findings.comparison.best_baseline, findings.max_series
    if table.shown:
        page.section("Forecast against truth").picture(
            pictures["series.png"], "the best, the median and the worst series by WAPE over all windows"
        )
    header = ["series", "share of labels", "WAPE", f"WAPE of {best or 'no baseline'}"]
    page.section("Where it loses").paragraph(
        f"{findings.model} loses to {best} on {len(table.losing)} of {len(table.rows)} series, which hold "
        f"{table.losing_share:.1%} of the absolute labels; to at least one of "
        f"{len(findings.comparison.baselines)} baselines on {table.losing_to_any}."
        if best
        else "No baseline was asked for."
    )
    if table.losing:
        shown = table.losing[:limit]
        page.table(header, [(r.series, r.share, r.wape, r.baseline_wape) for r in shown])
    page.section("Every series").table(
        [*header, "better"],
        [
            (r.series, r.share, r.wape, r.baseline_wape, not r.loses if best else None)
            for r in table.rows[:limit]
        ],
        caption=f"the worst {min(limit, len(table.rows))} of {len(table.rows)}, worst first",
    )
