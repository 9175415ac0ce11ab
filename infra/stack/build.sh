#!/usr/bin/env bash
# Builds what `make test-stack` starts: the MLflow image, where it is not there yet, and the stand-ins.
# BASE_IMAGE and CA_BUNDLE as for infra/image/build.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v podman >/dev/null || { echo "test-stack needs podman 4 or newer, with netavark and aardvark-dns" >&2; exit 1; }
podman image exists localhost/noria:dev-mlflow || CONTAINER_ENGINE=podman infra/image/build.sh mlflow-server

context=$(mktemp --directory)
trap 'rm -r "$context"' EXIT
cp .venv/bin/weed "$context/"
options=(--network=host --ulimit nofile=20000:20000 --file infra/stack/Dockerfile)
if [[ -n ${BASE_IMAGE:-} ]]; then options+=(--build-arg "BASE_IMAGE=$BASE_IMAGE"); fi
for image in postgres:15 seaweedfs:4.48 mariadb:10.11; do
  podman build --quiet "${options[@]}" --target "${image%:*}" --tag "localhost/noria-stack-$image" "$context"
done
