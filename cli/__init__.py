"""The command line ``noria``."""
