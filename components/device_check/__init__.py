"""Runs an exported file on the target's devices and compares its answers with the model's."""
