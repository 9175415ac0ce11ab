"""Reads events from CSV or Parquet, orders them in time, counts what is wrong with them."""
