"""Web pages and REST API over orchestration."""
