"""A log of sessions in a listening world, made by an older recommender whose propensities are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.listening_world.config import WorldConfig
from components.listening_world.mood import Mood, sigmoid
from components.listening_world.offers import draw_offers
from components.listening_world.world import DAY, FIRST_DAY, Floats, Ints, ListeningWorld, Seconds
from components.session_ingest.assemble import Sessions, assemble
from components.session_ingest.session_log import SessionLog

# The recommender chooses by softmax of believed match and appeal, with these weights.
_BELIEF_TASTE = 2.5
_BELIEF_APPEAL = 0.6
# People listen from this hour to midnight; each context has an equal part of that time.
_FIRST_HOUR = 6


@dataclass(frozen=True)
class TrueLog:
    """A log beside its truth, which no later step reads; T tracks, C offered ones each.

    Attributes:
        log: The log.
        probability: float32 [T]: how likely the played track was completed.
        offered_probability: float32 [T, C]: the same of every track on offer.
        leaving: float32 [T]: how likely the user left after the track.
    """

    log: SessionLog
    probability: Floats
    offered_probability: Floats
    leaving: Floats


def generate_log(
    config: WorldConfig, validation: float = 0.15, test: float = 0.15, completed_at: float = 0.5
) -> SessionLog:
    """The log of a world; the same configuration gives the same log.

    Users and tracks have the rows that they have in the world. Tracks that were played in a session are not
    offered again in it.

    Args:
        config: The world.
        validation: Share of the sessions in the validation split.
        test: Share of the sessions in the test split.
        completed_at: For the log's facts; responses are 0 and 1.
    """
    return generate_true_log(config, validation, test, completed_at).log


def generate_true_log(
    config: WorldConfig, validation: float = 0.15, test: float = 0.15, completed_at: float = 0.5
) -> TrueLog:
    """As ``generate_log``, with the truth of every logged moment."""
    world = ListeningWorld(config)
    rng = np.random.default_rng([config.seed, 1])
    user, context, start = _visits(config, rng)
    heard = np.zeros((config.users, config.items), bool)
    played: list[_Day] = []
    day = (start - FIRST_DAY) // DAY
    # One session of a user a day at most: within a day, no session depends on another.
    for sessions in np.split(np.arange(len(user)), np.flatnonzero(np.diff(day)) + 1):
        part = _play_day(world, sessions, user[sessions], context[sessions], start[sessions], heard, rng)
        heard[user[part.session], part.item] = True
        played.append(part)
    tracks = _Day(*(np.concatenate(column) for column in zip(*map(_columns, played), strict=True)))
    log = assemble(
        Sessions(
            features=world.features,
            item_ids=_names("item", config.items),
            user_ids=_names("user", config.users),
            user=user,
            context=context,
            start=start,
            lengths=np.bincount(tracks.session, minlength=len(user)),
            item=tracks.item,
            response=tracks.response,
            propensity=tracks.propensity,
            offered=tracks.offered,
        ),
        {
            "features": world.feature_names,
            "contexts": config.contexts,
            "longest": config.longest,
            "completed_at": completed_at,
            "world": config,
        },
        validation,
        test,
    )
    return TrueLog(log, tracks.probability, tracks.offered_probability, tracks.leaving)


@dataclass(frozen=True)
class _Day:
    """Tracks by session, then position."""

    session: Ints
    item: Ints
    response: Floats
    propensity: Floats
    offered: Ints
    probability: Floats
    offered_probability: Floats
    leaving: Floats


def _columns(day: _Day) -> tuple[Ints | Floats, ...]:
    return tuple(vars(day).values())


def _names(kind: str, count: int) -> np.typing.NDArray[np.str_]:
    return np.char.add(kind, np.char.zfill(np.arange(count).astype(str), 6))


def _visits(config: WorldConfig, rng: np.random.Generator) -> tuple[Ints, Ints, Seconds]:
    """User, context and start of every session, ascending by start; every user comes at least once."""
    once = np.arange(config.users) * config.days + rng.integers(0, config.days, config.users)
    others = np.setdiff1d(np.arange(config.users * config.days), once)
    visits = np.concatenate([once, rng.choice(others, config.sessions - config.users, replace=False)])
    user, day = np.divmod(visits, config.days)
    context = rng.integers(0, len(config.contexts), len(visits))
    first = _FIRST_HOUR * 3600
    span = (DAY - first) / len(config.contexts)
    second = np.floor(first + span * (context + rng.random(len(visits))))
    start = FIRST_DAY + day * DAY + second
    order = np.lexsort((user, start))
    return user[order], context[order], start[order]


def _play_day(
    world: ListeningWorld,
    sessions: Ints,
    user: Ints,
    context: Ints,
    start: Seconds,
    heard: np.typing.NDArray[np.bool_],
    rng: np.random.Generator,
) -> _Day:
    config = world.config
    mood = Mood(world, len(user))
    mood.begin(np.arange(len(user)), world.wish(user, context, start))
    used = np.zeros((len(user), config.items), bool)
    # Rows of the sessions that go on.
    alive = np.arange(len(user))
    steps = []
    for _ in range(config.longest):
        row = np.arange(len(alive))
        offered = draw_offers(used, alive, config.candidates, rng)
        chances = _propensities(world, user[alive], offered)
        # Of the cumulative probabilities, the first above a uniform number.
        reached = rng.random(len(alive))[:, None] < np.cumsum(chances, axis=1)
        pick = np.where(reached.any(axis=1), reached.argmax(axis=1), config.candidates - 1)
        item = offered[row, pick]
        probability = sigmoid(mood.log_odds(offered, ~heard[user[alive][:, None], offered]))
        response = (rng.random(len(alive)) < probability[row, pick]).astype(np.float32)
        leaving = mood.hear(item, response)
        used[alive, item] = True
        steps.append(
            (
                alive,
                item,
                response,
                chances[row, pick].astype(np.float32),
                offered,
                probability[row, pick],
                probability,
                leaving,
            )
        )
        stays = rng.random(len(alive)) >= leaving
        mood.keep(stays)
        alive = alive[stays]
        if not len(alive):
            break
    columns = [np.concatenate(column) for column in zip(*steps, strict=True)]
    # Steps came one after the other; stable, so that positions stay in order within a session.
    order = np.argsort(columns[0], kind="stable")
    session, *others = (column[order] for column in columns)
    return _Day(sessions[session], *others)


def _propensities(world: ListeningWorld, user: Ints, offered: Ints) -> np.typing.NDArray[np.float64]:
    """float64 [n, C]: how likely the logging policy chooses each track on offer."""
    match = np.matmul(world.vectors[offered], world.believed_taste[user][..., None])[..., 0]
    score = (_BELIEF_TASTE * match + _BELIEF_APPEAL * world.believed_appeal[offered]).astype(np.float64)
    weight = np.exp(score - score.max(axis=1, keepdims=True))
    share = world.config.exploration
    chances: np.typing.NDArray[np.float64] = share / offered.shape[1] + (1.0 - share) * weight / weight.sum(
        axis=1, keepdims=True
    )
    return chances
