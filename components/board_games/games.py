"""The games by name."""

from __future__ import annotations

from collections.abc import Callable

from components.board_games.game import Game
from components.board_games.plane_strike import PlaneStrike
from components.board_games.tic_tac_toe import TicTacToe
from noria.errors import ConfigError

GAMES: dict[str, Callable[[], Game]] = {"plane_strike": PlaneStrike, "tic_tac_toe": TicTacToe}


def make_game(name: str) -> Game:
    """The game of that name.

    Raises:
        ConfigError: There is none.
    """
    if name not in GAMES:
        raise ConfigError(f"got game {name!r}, expected one of: {', '.join(GAMES)}")
    return GAMES[name]()
