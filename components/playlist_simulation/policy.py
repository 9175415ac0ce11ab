"""Who chooses tracks."""

from __future__ import annotations

from components.playlist_simulation.observation import Floats, Ints, Observation


class Policy:
    """Chooses a track for every row of a batch of sessions.

    Attributes:
        name: For tables and pictures.
    """

    name: str

    def begin(self, rows: Ints, seen: Observation) -> None:
        """New sessions started in ``rows``; ``seen`` holds all rows. For policies that remember."""

    def scores(self, seen: Observation) -> Floats:
        """float32 [n, C]: the best candidate that the mask allows is chosen; of equal ones the first."""
        raise NotImplementedError

    def heard(self, seen: Observation, picks: Ints, responses: Floats) -> None:
        """The tracks at ``picks`` [n] were played and answered by ``responses`` [n].

        ``seen`` is the observation when the track was heard. Within a slate that is not what the policy
        chose from: the earlier tracks are answered, and the track is the only candidate.
        """
