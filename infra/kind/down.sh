#!/usr/bin/env bash
# Removes the cluster that up.sh made, with its runs, models and databases. Images stay.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

check_tools
if cluster_exists; then
  step "removing the cluster $CLUSTER with everything in it"
  kind delete cluster --name "$CLUSTER"
else
  step "there is no cluster $CLUSTER; nothing to do"
fi
