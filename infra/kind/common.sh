# shellcheck shell=bash
# What up.sh, demo.sh and down.sh share; they source it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

CLUSTER=noria
# Every call names the cluster: what kubectl otherwise points to is somebody else's.
export NORIA_CONTEXT=kind-$CLUSTER

step() { echo "==> $*"; }

fail() {
  echo "$1" >&2
  exit 1
}

kubectl() { command kubectl --context "$NORIA_CONTEXT" "$@"; }

# Leaves the engine in $ENGINE; names everything that is missing at once.
check_tools() {
  local missing=()
  command -v kind >/dev/null || missing+=("kind 0.33 or newer (kind.sigs.k8s.io)")
  command -v kubectl >/dev/null || missing+=("kubectl 1.30 or newer (kubernetes.io/docs/tasks/tools)")
  command -v git >/dev/null || missing+=("git, with which kubectl fetches Kubeflow Pipelines' manifests")
  ENGINE=${CONTAINER_ENGINE:-}
  if [[ -z "$ENGINE" ]]; then
    if command -v docker >/dev/null; then
      ENGINE=docker
    elif command -v podman >/dev/null; then
      ENGINE=podman
    else
      missing+=("docker or podman")
    fi
  fi
  if ((${#missing[@]})); then
    printf 'A cluster on this machine needs, and here is not:\n' >&2
    printf '  - %s\n' "${missing[@]}" >&2
    exit 1
  fi
  "$ENGINE" info >/dev/null 2>&1 ||
    fail "$ENGINE is installed but does not answer; start it, or name another with CONTAINER_ENGINE"
  export CONTAINER_ENGINE=$ENGINE
  if [[ "$ENGINE" == podman ]]; then
    export KIND_EXPERIMENTAL_PROVIDER=podman
  fi
}

cluster_exists() { kind get clusters 2>/dev/null | grep --quiet --line-regexp "$CLUSTER"; }
