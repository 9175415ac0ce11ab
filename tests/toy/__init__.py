"""A pipeline of tiny steps for tests: numbers -> square and double, side by side -> total."""
