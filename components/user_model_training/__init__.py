"""Trains models of how a user responds to the next track."""
