"""Reads listening sessions from files or from the built-in world, checks and splits them by time."""
