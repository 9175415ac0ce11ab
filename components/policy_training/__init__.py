"""Trains a policy network for a board game by policy gradients, on many games at once."""
