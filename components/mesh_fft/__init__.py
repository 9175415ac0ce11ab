"""Fourier transforms of fields that are spread over a device mesh (DTensor); no device holds the whole."""
