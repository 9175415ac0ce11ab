"""Spectra, spectral denoising, registration and shift-invariant image features, computed on a device mesh."""
