"""Beam's Java job servers, put together from Maven Central's parts, for tests with real Flink and Spark."""
