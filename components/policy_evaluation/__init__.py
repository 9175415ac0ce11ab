"""Measures a policy exactly over all games, beside baselines and the champion, and draws how it plays."""
