"""Measures a trained graph network on the test split, beside baselines and the champion, and explains it."""
