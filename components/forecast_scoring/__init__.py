"""Applies a trained forecaster, with the feature graph that travels with it, to new events."""
