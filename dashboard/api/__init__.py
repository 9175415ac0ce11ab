"""REST routes under /api: the same functions that pages and command line use."""
