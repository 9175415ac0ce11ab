"""Judges classifiers of images, as they are and shifted, and spectral denoising beside other ways."""
