"""Reads a graph from one of several sources into columns and adjacency that can be memory-mapped."""
