"""Trains agents (AH-DQN, DQN, PPO, PPG) in the simulator."""
