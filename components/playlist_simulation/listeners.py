"""Who listens: the part of the environment that answers, be it a learned user model or the true world."""

from __future__ import annotations

from typing import Protocol

from components.playlist_simulation.episodes import Episodes
from components.playlist_simulation.observation import Bools, Floats, Ints, Observation


class Listeners(Protocol):
    """The users of a batch of sessions, each in a row of its own."""

    def begin(self, rows: Ints, episodes: Episodes) -> None:
        """New sessions start in ``rows`` [k], with the k ``episodes``; the first call names all rows."""

    def probabilities(self, seen: Observation) -> Floats:
        """float32 [n, C]: how likely each candidate would be completed if it were played now."""

    def listen(self, seen: Observation, picks: Ints, uniforms: Floats) -> tuple[Floats, Bools]:
        """Plays a track in every row.

        Args:
            seen: The observation of all n rows; in a slate the track to be heard is the only candidate.
            picks: int64 [n] positions among the candidates.
            uniforms: float32 [n, 2]: a track is completed where the first lies below its probability; the
                user leaves afterwards where the second lies below the probability of leaving.

        Returns:
            Responses float32 [n] in [0, 1], and bool [n]: who leaves.
        """


class UserModel(Protocol):
    """A learned model of users; stateless, so that one serves any number of sessions.

    ``memory`` float32 [n, H] is what it remembers of each session; H may be 0.
    """

    name: str

    def start(self, state: Floats) -> Floats:
        """The memory of sessions with the first observed states float32 [n, S]."""

    def complete(self, memory: Floats, state: Floats, candidates: Floats) -> Floats:
        """Probability of completing each candidate: float32 [n, C] for candidates [n, C, F]."""

    def listen(
        self, memory: Floats, state: Floats, chosen: Floats, responses: Floats
    ) -> tuple[Floats, Floats]:
        """After a track was heard.

        Args:
            memory: float32 [n, H] before it.
            state: float32 [n, S] observed before it.
            chosen: float32 [n, F], its row of the candidates.
            responses: float32 [n].

        Returns:
            The memory after it [n, H], and the probability of leaving now [n].
        """
