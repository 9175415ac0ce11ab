"""Which steps, in which order: one module per pipeline, and the registry that names them."""
