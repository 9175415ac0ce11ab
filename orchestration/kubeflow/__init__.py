"""One pipeline definition on Kubeflow Pipelines v2: compile, submit, follow, and the entrypoint of a step."""
