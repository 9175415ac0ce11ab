"""Exports a SavedModel as an FP16 TFLite file and compares both on real samples."""
