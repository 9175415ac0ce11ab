"""Board games, many at once: their rules, players to compare with, and exact evaluation."""
