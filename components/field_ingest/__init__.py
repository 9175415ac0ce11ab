"""Reads images and two- or three-dimensional fields from files, or generates them, for spectral analysis."""
