"""Exports a SavedModel as TFLite files of several formats and compares them with it on real samples."""
