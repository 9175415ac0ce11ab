#!/usr/bin/env bash
# Builds one of Noria's images and checks it: build.sh [steps|gpu|mlflow-server]
#
#   CONTAINER_ENGINE  docker or podman; default: podman where it is installed
#   IMAGE             name without a tag (default: noria)
#   TAG               tag of the steps' image (default: dev); -gpu and -mlflow are added for the others
#   BASE_IMAGE        a Debian 12 image, where the Dockerfile's own cannot be pulled
#   CA_BUNDLE         certificates to trust while downloading, behind a proxy that opens TLS
#   BUILD_OPTIONS     more options for the engine's build command
set -euo pipefail
cd "$(dirname "$0")/../.."

engine=${CONTAINER_ENGINE:-$(command -v podman >/dev/null && echo podman || echo docker)}
name=${IMAGE:-noria}
tag=${TAG:-dev}
variant=${1:-steps}

options=(--file infra/image/Dockerfile)
case $variant in
    steps) image=$name:$tag options+=(--target steps) ;;
    gpu) image=$name:$tag-gpu options+=(--target steps --build-arg EXTRAS=gpu) ;;
    mlflow-server) image=$name:$tag-mlflow options+=(--target mlflow-server) ;;
    *) echo "build.sh: there is no variant $variant; there are steps, gpu, mlflow-server" >&2; exit 2 ;;
esac
if [[ -n ${BASE_IMAGE:-} ]]; then options+=(--build-arg "BASE_IMAGE=$BASE_IMAGE"); fi
if [[ -n ${CA_BUNDLE:-} ]]; then options+=(--secret "id=ca_bundle,src=$CA_BUNDLE"); fi
# podman's own format has no health check; docker's has.
if [[ $(basename "$engine") != docker ]]; then options+=(--format docker); fi
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
options+=(--build-arg "VERSION=$version" --build-arg "REVISION=$revision")
read -ra more <<<"${BUILD_OPTIONS:-}"

"$engine" build "${options[@]}" "${more[@]}" --tag "$image" .
"$engine" image inspect --format "$image: {{.Size}} bytes" "$image"
infra/image/check.sh "$image" "$variant"
