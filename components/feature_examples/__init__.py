"""Writes feature rows as tf.Examples, for TFX's own validation steps."""
