"""Measures forecasts per back-test window and series, beside baselines and the champion."""
