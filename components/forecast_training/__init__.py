"""Trains forecasters, forests and a quantile network, over several back-test windows."""
