#!/usr/bin/env bash
# Checks a built image as a cluster would run it: no network, no root, read-only file system.
# check.sh IMAGE [steps|gpu|mlflow-server]
set -euo pipefail

engine=${CONTAINER_ENGINE:-$(command -v podman >/dev/null && echo podman || echo docker)}
image=$1
variant=${2:-steps}
hardened=(--rm --no-healthcheck --network none --cap-drop all --security-opt no-new-privileges --read-only --tmpfs /tmp)

in_container() {
    "$engine" run "${hardened[@]}" "$image" "$@"
}

say() {
    echo "check: $*"
}

say "user is 1000, not root"
[[ $(in_container id -u) == 1000 ]]

say "no compiler, no pip, no uv"
in_container sh -c '
    for tool in gcc g++ cc make pip pip3 uv git curl; do
        if command -v "$tool"; then echo "left in the image: $tool" >&2; exit 1; fi
    done
    if python -c "import pip" 2>/dev/null; then echo "left in the image: pip" >&2; exit 1; fi'

say "no file that everybody may write, no program that gives root"
in_container sh -c '
    found=$(find / -xdev \( -type f -perm -0002 -o -type f -perm -4000 -path "/opt/*" \) 2>/dev/null)
    if [ -n "$found" ]; then echo "$found" >&2; exit 1; fi'

if [[ $variant == mlflow-server ]]; then
    say "MLflow, its authentication, Postgres, S3 and Google's storage load"
    in_container python -c "import mlflow.server.auth, psycopg2, boto3, google.cloud.storage; print('mlflow', mlflow.__version__)"
    exit
fi

say "the command answers"
in_container noria --help >/dev/null

say "bytecode is there: nothing is compiled at start"
in_container python -c "
import importlib.util as u, pathlib as p
missing = [m for m in ('tfx', 'tensorflow', 'noria.errors', 'cli.main')
           if not p.Path(u.cache_from_source(u.find_spec(m).origin)).exists()]
assert not missing, missing"

say "folders that Kubeflow mounts can be written"
mounts=()
for folder in /gcs /s3 /minio /.local /.cache /.config; do mounts+=(--tmpfs "$folder:mode=1777"); done
"$engine" run "${hardened[@]}" "${mounts[@]}" "$image" sh -c '
    for folder in /gcs /s3 /minio /.local /.cache /.config; do
        mkdir -p "$folder/bucket" && echo x >"$folder/bucket/file"
    done'

if [[ $variant == steps ]]; then
    say "the emulated phones of the device lab are there"
    in_container python -c "
from components.device_lab.emulator_install import emulator_status
status = emulator_status()
assert status, 'no emulator'
print(status)"
fi

say "all that steps need can be imported (the health check)"
in_container python -m orchestration.kubeflow.entrypoint --check 2>/dev/null

say "nothing that was left out of the image is imported by any package"
in_container env TF_USE_LEGACY_KERAS=1 TF_CPP_MIN_LOG_LEVEL=3 python -W ignore -c "
import tfx.v1, tensorflow_gnn, tf_keras, tensorflow_data_validation, tensorflow_transform
import tensorflow_model_analysis, kfp, kfp.kubernetes, google.cloud.aiplatform, mlflow.tensorflow
import temporian, ydf, ydf_tf, gymnasium, sklearn.ensemble, scipy.stats, matplotlib.pyplot, pandas
import pyarrow.dataset, ai_edge_litert.interpreter, apache_beam.io, fastapi, uvicorn, lz4.frame
print('ok')"
