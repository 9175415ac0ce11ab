"""Trains a small classifier on spectral features of images, and one of equal size on their pixels."""
