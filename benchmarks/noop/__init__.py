"""Five steps that do nothing, one after the other: what remains is the orchestration."""
