"""How a pipeline is run and remembered: local runner, step processes, run records, cache, MLflow delivery."""
