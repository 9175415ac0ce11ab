"""Agents and heuristics compared, as pictures and one page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from components.agent_evaluation.arena import Ranking
from components.agent_evaluation.findings import MODEL, Findings
from components.agent_evaluation.intervals import Interval
from components.agent_evaluation.off_policy import OffPolicy, Refused
from components.agent_evaluation.pictures import (
    PLACES,
    off_policy_picture,
    positions_picture,
    returns_picture,
    scatter_picture,
    summaries,
)
from components.agent_evaluation.track_sessions import one_session
from components.evaluation_record import ChampionResult, ChampionUnreachable
from components.session_ingest.session_log import SessionLog
from noria.files import write_bytes, write_text
from noria.html_report import Page


def write_report(folder: Path, findings: Findings, log: SessionLog, tracked: pa.Table | None) -> list[Path]:
    """Writes ``report.html`` and its pictures into ``folder``; returns their paths."""
    page = Page(f"Agent evaluation: {findings.agent or MODEL}")
    pictures = {"returns.png": returns_picture(findings.rankings)}
    _returns(page, findings, pictures["returns.png"])
    _champion(page, findings)
    if findings.correlation:
        pictures["scatter.png"] = scatter_picture(findings.rankings)
        _correlation(page, findings, pictures["scatter.png"])
    pictures["positions.png"] = positions_picture(findings.main, _telling(findings.main))
    page.section("Through the session").picture(
        pictures["positions.png"],
        f"mean response by position, and who is still there, {PLACES[findings.main.arena.name]}",
    )
    if isinstance(findings.off_policy, OffPolicy):
        shown = _estimated(findings.off_policy, findings.main)
        pictures["off_policy.png"] = off_policy_picture(findings.off_policy, shown)
        _off_policy(page, findings.off_policy, pictures["off_policy.png"])
    else:
        _refused(page, findings.off_policy)
    _exported(page, findings)
    if tracked is not None:
        _sessions(page, findings.main, log, tracked)
    for name, data in pictures.items():
        write_bytes(folder / name, data)
    write_text(folder / "report.html", page.render())
    return [folder / name for name in ("report.html", *pictures)]


def _returns(page: Page, findings: Findings, picture: bytes) -> None:
    sessions = len(findings.main.standings[MODEL].returns)
    page.section("Returns").paragraph(
        f"Every policy plays the same {sessions} sessions of the test split: the same users, moments, tracks "
        "on offer and random numbers. Return: the sum of a session's responses. Satisfaction: the share of "
        "the tracks heard that were completed. Intervals: 95 %, bootstrap over users and all their "
        "sessions; for an agent over its seeds as well. Gain: mean return above that of the best heuristic "
        "in paired sessions; that heuristic was chosen on sessions of the validation split. Heuristics do "
        "not know the truth. myopic_truth takes the track that is truly likeliest to be completed; the "
        "oracle weighs the satisfaction that a track adds for later ones, too."
    )
    page.picture(picture, "mean returns with 95 % intervals; agents over their seeds")
    for arena, ranking in findings.rankings.items():
        page.section(f"Policies {PLACES[arena]}").paragraph(
            f"The best heuristic on the validation split's sessions is {ranking.reference}."
        )
        page.table(
            ["", "kind", "return", "", "satisfaction", "", "tracks", "gain", ""],
            [
                (
                    who,
                    kind,
                    *_cells(summary.returns),
                    *_cells(summary.satisfaction),
                    summary.length.value,
                    *_cells(summary.gain),
                )
                for who, (kind, summary) in summaries(ranking).items()
            ],
        )
        page.table(
            ["agent and seed", "return", "", "satisfaction", "gain", ""],
            [
                (
                    name,
                    *_cells((summary := ranking.summary(ranking.standings[name])).returns),
                    summary.satisfaction.value,
                    *_cells(summary.gain),
                )
                for name in ranking.of("agent")
            ],
        )
    if findings.oracle:
        page.paragraph(
            "The oracle's weight of satisfaction to come was chosen on sessions of the training split: "
            + ", ".join(f"{weight:g} returned {value:.3f}" for weight, value in findings.oracle.items())
            + "."
        )


def _champion(page: Page, findings: Findings) -> None:
    champion = findings.champion
    if isinstance(champion, ChampionUnreachable):
        page.section("Champion").paragraph(f"The champion was not measured: {champion.unreachable}")
    elif isinstance(champion, ChampionResult):
        own = findings.metrics_of(MODEL)
        page.section("Champion").table(
            ["", *own],
            [
                ("this model", *own.values()),
                (f"champion (version {champion.version})", *(champion.metrics.get(name) for name in own)),
            ],
        )


def _correlation(page: Page, findings: Findings, picture: bytes) -> None:
    found = findings.correlation
    assert found is not None
    page.section("Does the simulator order policies as the world does?").picture(
        picture, "mean return in the simulator against that in the true world, with 95 % intervals"
    )
    page.paragraph(
        f"Over {found.policies} policies (agents as the mean of their seeds), Spearman's rank correlation is "
        f"{_words(found.spearman)}, Kendall's {_words(found.kendall)}. The intervals tell what other "
        "sessions would give, not other policies. Policies that know the truth are left out: they cannot "
        "play in the simulator."
    )


def _off_policy(page: Page, found: OffPolicy, picture: bytes) -> None:
    page.section("Off-policy estimates").paragraph(
        f"From {found.tracks} logged tracks of {found.sessions} sessions of the test split: the response to "
        "the next track at the states that the log visited, had the policy chosen it. One step ahead, not "
        f"whole sessions. As logged: {_words(found.logged)}. IPS and SNIPS weigh logged responses by the "
        "policy's probability over the log's; DR puts the user model's predictions (DM) right with them. "
        "Intervals: 95 %, bootstrap over users and all their sessions. A policy that gives up responses now "
        "for longer sessions looks worse here than it is."
    )
    page.picture(picture, "estimates with 95 % intervals")
    header = ["", "IPS", "", "SNIPS", "", "DR", "", "DM", "effective tracks", "matched", "clipped", "truth"]
    page.table(
        header,
        [
            (
                name,
                *_cells(e.ips),
                *_cells(e.snips),
                *_cells(e.dr),
                e.dm.value,
                e.effective,
                e.matched,
                e.clipped,
                e.truth.value if e.truth else None,
            )
            for name, e in found.estimates.items()
        ],
        caption="matched: share of tracks that the policy might have chosen; clipped: weights cut off",
    )
    inside = [
        getattr(e, kind).low <= e.truth.value <= getattr(e, kind).high
        for kind in ("ips", "snips", "dr")
        for e in found.estimates.values()
        if e.truth
    ]
    if inside:
        page.paragraph(
            f"Of {len(inside)} intervals {sum(inside)} hold the truth. They are no independent trials: all "
            "rest on the same log."
        )


def _refused(page: Page, found: OffPolicy | Refused) -> None:
    assert isinstance(found, Refused)
    page.section("Off-policy estimates").paragraph(f"There are none: {found.reason}.")


def _exported(page: Page, findings: Findings) -> None:
    if exported := findings.exported:
        page.section("Exported file").paragraph(
            f"In {exported.sessions} sessions {PLACES[findings.main.arena.name]}, one observation at a time, "
            f"the exported file returned {exported.returns:.4g}, the model {exported.model_returns:.4g}; "
            f"{exported.equal_choices:.2%} of the file's choices are the model's at the same state."
        )


def _sessions(page: Page, ranking: Ranking, log: SessionLog, tracked: pa.Table) -> None:
    page.section("One session, track by track").paragraph(
        "The same user, moment and tracks on offer; probability: of completing the track, as the listener "
        f"has it {PLACES[ranking.arena.name]}."
    )
    for name in _telling(ranking)[:2]:
        rows = one_session(tracked, ranking.arena.name, name)
        page.table(
            ["position", "track", "popularity", "probability", "response", "then"],
            [
                (
                    row["position"] + 1,
                    str(log.item_ids[row["item"]]),
                    float(log.popularity[row["item"]]),
                    row["prediction"],
                    row["response"],
                    str(row["end"]).replace("_", " "),
                )
                for row in rows
            ],
            caption=name,
        )


def _telling(ranking: Ranking) -> list[str]:
    """The model, the reference, a greedy policy, those that know the truth, and chance."""
    greedy = [name for name in ranking.of("heuristic") if name.startswith("greedy_")][:1]
    return list(dict.fromkeys([MODEL, ranking.reference, *greedy, *ranking.of("truth"), "random"]))


def _estimated(found: OffPolicy, ranking: Ranking) -> Sequence[str]:
    """The model, one seed of each agent, and heuristics."""
    seeds = [names[0] for names in ranking.agents().values()]
    return [name for name in (MODEL, *seeds, *ranking.of("heuristic")) if name in found.estimates]


def _cells(interval: Interval) -> tuple[float, str]:
    return interval.value, _range(interval)


def _words(interval: Interval) -> str:
    return f"{interval.value:.3f} ({_range(interval)})"


def _range(interval: Interval) -> str:
    if np.isnan(interval.low):
        return "unknown"
    return f"{interval.low:.3f} to {interval.high:.3f}"
