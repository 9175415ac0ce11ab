"""Reads what TFDV found in the features, measures drift, reports, and fails or warns as configured."""
