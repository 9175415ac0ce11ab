"""Computes features and label of time series with a Temporian graph compiled from the configuration."""
