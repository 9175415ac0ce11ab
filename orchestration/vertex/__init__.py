"""Vertex AI Pipelines: runs and schedules on Google Cloud."""
