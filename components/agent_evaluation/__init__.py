"""Compares agents with heuristics in the simulator, in the true world and on logs."""
