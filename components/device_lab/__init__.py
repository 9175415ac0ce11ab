"""Processors that an exported file can be tried on: emulated ones, this machine's, a browser's."""
