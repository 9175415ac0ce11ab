"""Draws a rooted subgraph around every seed node."""
