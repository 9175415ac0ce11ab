"""The work of spectral_evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from components import tracking
from components.classification.scores import classify
from components.evaluation_record import ChampionResult, EvaluationRecord, Metrics
from components.field_ingest.field_set import FieldSet, Ints
from components.mesh_fft.device_mesh import make_mesh
from components.model_folder import ModelFolder
from components.model_promotion.champion import champion_result
from components.spectral_evaluation.baselines import fit_baselines, fit_shifted, majority
from components.spectral_evaluation.classifier import load_classifier
from components.spectral_evaluation.config import SpectralEvaluationConfig
from components.spectral_evaluation.denoisers import denoisers
from components.spectral_evaluation.denoising import Comparison, compare, parts_of_fields
from components.spectral_evaluation.findings import RAW, SPECTRAL, Findings, flat, gains_of
from components.spectral_evaluation.intervals import Scores, paired_difference, score
from components.spectral_evaluation.report import write_report
from components.spectral_evaluation.shifted import shifted_images
from components.spectral_features.measurements import measurements
from components.spectral_features.spectral_features import SpectralFeatures
from components.spectral_training.config import SpectralTrainingConfig
from components.spectral_training.images import apply, labelled_images
from components.spectral_training.spectral_transform import SpectralTransform
from components.step_executor import StepExecutor


class Executor(StepExecutor[SpectralEvaluationConfig]):
    """Scores classifiers, baselines and the champion on test images, compares denoising, reports."""

    config_type = SpectralEvaluationConfig

    def run(
        self, config: SpectralEvaluationConfig, inputs: Mapping[str, Path], outputs: Mapping[str, Path]
    ) -> None:
        """Evaluates and writes ``evaluation.json``, pictures and ``report.html``."""
        folder, fields = outputs["evaluation"], FieldSet.load(inputs["fields"])
        # First of all: TensorFlow takes its devices once.
        denoising, not_denoised = _denoising(config, fields)
        features = SpectralFeatures.load(inputs["features"])
        facts = features.image_facts
        images = labelled_images(fields, facts.shape)
        transform = SpectralTransform(facts.definition, facts.shape)
        shape, classes, labels = facts.shape, fields.classes, images["test"].labels
        raw_model = ModelFolder.load(inputs["raw_model"])
        classifiers = {
            SPECTRAL: load_classifier(ModelFolder.load(inputs["model"]), shape, classes),
            RAW: load_classifier(raw_model, shape, classes),
            "majority": majority(images["train"]),
        }
        if config.baselines:
            classifiers |= fit_baselines(
                images["train"],
                images["valid"],
                len(classes),
                lambda some: apply(transform, some),
                config.neighbours,
                config.seed,
            )
        if config.baselines and config.shifted_copies:
            budget = SpectralTrainingConfig.model_validate(raw_model.card.facts["settings"])
            classifiers["shifted_pixels"] = fit_shifted(
                images["train"], images["valid"], len(classes), config.shifted_copies, budget
            )
        cases = shifted_images(images["test"].inputs, config.filled_shift, config.seed)
        predictions = {
            name: {case: classifier(moved) for case, moved in cases.items()}
            for name, classifier in classifiers.items()
        }

        def scores_of(classifier: Mapping[str, Ints]) -> dict[str, Scores]:
            return {
                case: score(labels, found, config.draws, config.seed) for case, found in classifier.items()
            }

        def measure_champion(model: ModelFolder) -> Metrics:
            champion = load_classifier(model, shape, classes)
            return flat(scores_of({case: champion(moved) for case, moved in cases.items()}))

        findings = Findings(
            classes=classes,
            labels=labels,
            predictions=predictions,
            scores={name: scores_of(found) for name, found in predictions.items()},
            over_raw={
                case: paired_difference(labels, found, predictions[RAW][case], config.draws, config.seed)
                for case, found in predictions[SPECTRAL].items()
            },
            per_class=classify(labels, predictions[SPECTRAL]["test"], classes, seed=config.seed),
            champion=champion_result(config.registered_model, folder.parent, measure_champion),
            denoising=denoising,
            gains=gains_of(denoising, config.draws, config.seed) if denoising else (),
            not_denoised=not_denoised,
        )
        EvaluationRecord(
            metrics={**findings.metrics(SPECTRAL), **_of_transforms(features)},
            baselines={name: findings.metrics(name) for name in classifiers if name != SPECTRAL},
            champion=findings.champion,
            data_digest=fields.facts.source_digest,
            details=findings.details(),
        ).save(folder)
        for path in write_report(folder, config, findings):
            tracking.artifact(path)
        _track(findings)


def _of_transforms(features: SpectralFeatures) -> Metrics:
    """What gates may ask of the step before, which has told it already."""
    found = measurements(features.facts)
    return {
        name: found[name] for name in ("fft_max_relative_error", "memory_per_device_ratio") if name in found
    }


def _denoising(config: SpectralEvaluationConfig, fields: FieldSet) -> tuple[Comparison | None, str]:
    settings = config.denoising
    if not settings.noise:
        return None, "no noise level is configured"
    parts, left_out = parts_of_fields(fields, settings.crop)
    if len(parts) < 2:
        return (
            None,
            f"{len(parts)} field(s) can be judged; a parameter is chosen on others, so two are needed",
        )
    mesh = make_mesh(config.mesh.model_copy(update={"shape": None}))
    found = compare(
        parts,
        left_out,
        denoisers(settings, mesh),
        settings.noise,
        config.seed,
        lambda done, total: tracking.progress(done, total, "fields denoised"),
    )
    return found, ""


def _track(findings: Findings) -> None:
    values = {**findings.metrics(SPECTRAL)}
    for name in findings.scores:
        if name != SPECTRAL:
            found = findings.metrics(name)
            values |= {
                f"baseline_{name}_{case}_accuracy": found[f"{case}_accuracy"] for case in findings.over_raw
            }
    if isinstance(findings.champion, ChampionResult):
        values |= {f"champion_{name}": value for name, value in findings.champion.metrics.items()}
    values |= {f"{case}_accuracy_over_raw": found for case, (found, _) in findings.over_raw.items()}
    for measure in ("psnr", "ssim"):
        for method, means in findings.denoising_means(measure).items():
            values[f"denoise_{method}_{measure}"] = sum(means) / len(means)
    tracking.metrics({name: math.nan if value is None else value for name, value in values.items()})
    tracking.metric("test_images", len(findings.labels))
