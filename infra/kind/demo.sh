#!/usr/bin/env bash
# Runs the graph pipeline on the cluster that up.sh made, with a small configuration.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

check_tools
cluster_exists || fail "there is no cluster $CLUSTER; make it with 'make kind-up'"
kubectl get deployment --namespace noria mlflow >/dev/null ||
  fail "the cluster $CLUSTER is there but not finished; run 'make kind-up' again"

# The steps' own account of MLflow: this side of the run is shown beside theirs.
secret() { kubectl get secret --namespace noria noria-mlflow-client --output "go-template={{index .data \"$1\"}}" | base64 --decode; }
MLFLOW_TRACKING_USERNAME=$(secret username)
MLFLOW_TRACKING_PASSWORD=$(secret password)
export MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD

step "running the graph pipeline on the cluster; noria shows each step as it starts and ends"
exec "${NORIA:-.venv/bin/noria}" run graph --target kind --config infra/kind/graph-small.yaml
