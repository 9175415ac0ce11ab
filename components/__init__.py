"""The steps: one folder per TFX component, all of the same shape (component, config, executor, logic)."""
