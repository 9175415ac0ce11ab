"""Registers a model in MLflow and makes it champion when every gate holds."""
