#!/usr/bin/env bash
# Lists backups, or puts one in place of what is in the databases: restore.sh mlflow|kubeflow [NAME|latest]
#
# Without NAME it lists. What uses the database is stopped before and started again after. NORIA_CONTEXT: the
# cluster (kind-noria after `make kind-up`), where it is not the one that kubectl points to.
set -euo pipefail
shopt -s inherit_errexit

what=${1:-}
name=${2:-}
case $what in
  mlflow) namespace=noria job=postgres-restore users=(deployment/mlflow) ;;
  kubeflow)
    namespace=kubeflow job=mysql-restore
    users=(deployment/ml-pipeline deployment/cache-server deployment/metadata-grpc-deployment
      deployment/metadata-writer deployment/ml-pipeline-persistenceagent deployment/ml-pipeline-scheduledworkflow)
    ;;
  *)
    echo "restore.sh: expected mlflow or kubeflow, got '$what'" >&2
    exit 2
    ;;
esac

kubectl() { command kubectl ${NORIA_CONTEXT:+--context "$NORIA_CONTEXT"} --namespace "$namespace" "$@"; }

run="$job-$(date --utc +%Y%m%d%H%M%S)"

# Runs the suspended cron job once, with the request in a ConfigMap that its pod reads.
start() {
  kubectl create configmap restore-request --from-literal=RESTORE_NAME="$1" --dry-run=client --output=yaml |
    kubectl apply --server-side --force-conflicts --filename=- >/dev/null
  kubectl create job --from="cronjob/$job" "$run"
}

if [[ -z "$name" ]]; then
  # A name that no backup has: the job says which there are, changes nothing and fails.
  start list
  kubectl wait --for=condition=Failed "job/$run" --timeout=300s >/dev/null
  kubectl logs "job/$run" --container=store
  kubectl delete job "$run" >/dev/null
  exit
fi
if [[ "$name" == latest ]]; then name=; fi

# Waits (up to $1 s) until the job has ended; fails unless it is complete.
ended() {
  local deadline=$((SECONDS + $1)) state
  while ((SECONDS < deadline)); do
    state=$(kubectl get job "$run" --output 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    case $state in
      *Complete*) return 0 ;;
      *Failed*) return 1 ;;
    esac
    sleep "${POLL_SECONDS:-5}"
  done
  return 1
}

# How many copies of each there were; they are started again whatever happens.
copies=()
for user in "${users[@]}"; do
  count=$(kubectl get "$user" --output 'jsonpath={.spec.replicas}')
  copies+=("$count")
done
start_users() {
  for i in "${!users[@]}"; do
    kubectl scale "${users[i]}" --replicas="${copies[i]}"
  done
}
trap start_users EXIT

echo "stopping ${users[*]}; waiting for their pods (up to 5 min)"
for user in "${users[@]}"; do
  kubectl scale "$user" --replicas=0
done
for user in "${users[@]}"; do
  kubectl rollout status "$user" --timeout=300s
done
start "$name"
echo "restoring; waiting for job/$run (up to 60 min)"
if ! ended 3600; then
  kubectl logs "job/$run" --all-containers --prefix >&2 || true
  echo "the restore did not finish; the databases are as they were, or as the log above says" >&2
  exit 1
fi
kubectl logs "job/$run" --all-containers --prefix
