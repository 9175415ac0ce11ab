#!/usr/bin/env bash
# A Kubeflow cluster on this machine with Noria in it. Run again, it brings what is there up to date.
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"
KUSTOMIZE=infra/kustomize

# wait_for SECONDS WHAT COMMAND...: runs the command with --timeout; on failure shows what is not ready.
wait_for() {
  local seconds=$1 what=$2
  shift 2
  step "waiting for $what (up to $((seconds / 60)) min)"
  if ! "$@" --timeout="${seconds}s"; then
    echo "$what did not come up in $seconds s. Pods that are not running:" >&2
    kubectl get pods --all-namespaces --field-selector=status.phase!=Running,status.phase!=Succeeded >&2 || true
    echo "Last warnings:" >&2
    kubectl get events --all-namespaces --field-selector=type=Warning --sort-by=.lastTimestamp 2>/dev/null |
      tail --lines=15 >&2 || true
    fail "Mend that, or raise the machine's memory, and run 'make kind-up' again: it goes on from here."
  fi
}

load_image() {
  local image=$1
  step "loading the image $image into the cluster"
  if [[ "$ENGINE" == podman ]]; then
    # podman calls it localhost/..., a node looks for docker.io/library/...
    podman tag "localhost/$image" "docker.io/library/$image"
    podman save --format docker-archive "docker.io/library/$image" | kind load image-archive /dev/stdin --name "$CLUSTER"
  else
    kind load docker-image "$image" --name "$CLUSTER"
  fi
}

check_tools

if cluster_exists; then
  step "the cluster $CLUSTER is there"
else
  step "making the cluster $CLUSTER; waiting for its node (up to 5 min)"
  kind create cluster --config infra/kind/cluster.yaml --wait 5m
fi

step "building the images of the steps and of MLflow (the first time: 10 to 20 min)"
infra/image/build.sh steps
infra/image/build.sh mlflow-server
load_image noria:dev
load_image noria:dev-mlflow

step "Kubeflow Pipelines: definitions"
kubectl apply --server-side --force-conflicts --kustomize "$KUSTOMIZE/base/kubeflow/cluster-scoped"
wait_for 60 "the definitions" kubectl wait --for=condition=Established \
  crd/workflows.argoproj.io crd/scheduledworkflows.kubeflow.org

step "the namespace noria, and the secrets of both namespaces"
kubectl apply --server-side --force-conflicts --filename "$KUSTOMIZE/base/noria/namespace.yaml"
infra/secrets.sh kind

step "Kubeflow Pipelines"
kubectl apply --server-side --force-conflicts --kustomize "$KUSTOMIZE/overlays/kind/kubeflow"
wait_for 900 "Kubeflow Pipelines" kubectl wait --namespace kubeflow --for=condition=Available deployment --all

step "MLflow, its database and its object store"
# A job cannot be changed; these two do nothing twice.
kubectl delete job --namespace noria --ignore-not-found mlflow-users object-store-buckets
kubectl apply --server-side --force-conflicts --kustomize "$KUSTOMIZE/overlays/kind/noria"
for workload in statefulset/postgres statefulset/seaweedfs deployment/mlflow; do
  wait_for 300 "$workload" kubectl rollout status --namespace noria "$workload"
done
wait_for 300 "buckets and users" kubectl wait --namespace noria --for=condition=Complete \
  job/object-store-buckets job/mlflow-users

cat <<TEXT

Kubeflow Pipelines  http://localhost:8080
MLflow              http://localhost:5000   (user admin; its password:
  kubectl --context $NORIA_CONTEXT -n noria get secret noria-mlflow-server -o go-template='{{index .data "admin-password" | base64decode}}')

Next: make kind-demo
TEXT
