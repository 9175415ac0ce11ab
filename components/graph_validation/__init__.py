"""Measures a graph, checks it against limits and against the last one, and draws a report."""
