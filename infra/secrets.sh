#!/usr/bin/env bash
# Makes the secrets that Noria's pods need and the cluster lacks; those that are there are kept: secrets.sh kind|cloud
#
# Values come from the kernel's random numbers and go to kubectl through a pipe: not to a disk, not into the
# arguments of a process, not into the repository.
set -euo pipefail
# Else a failure inside $(...) of $(...) is not seen.
shopt -s inherit_errexit

# NORIA_CONTEXT: the cluster, where it is not the one that kubectl points to.
kubectl() { command kubectl ${NORIA_CONTEXT:+--context "$NORIA_CONTEXT"} "$@"; }

overlay=${1:-}
if [[ "$overlay" != kind && "$overlay" != cloud ]]; then
  echo "secrets.sh: expected kind or cloud, got '$overlay'" >&2
  exit 2
fi

# What key $3 of secret $2 in namespace $1 holds; nothing where it is missing. A cluster that does not answer is
# an error: a password made anew would lock everybody out.
stored() {
  kubectl --namespace "$1" get secret "$2" --ignore-not-found \
    --output "go-template={{with .data}}{{with index . \"$3\"}}{{.}}{{end}}{{end}}" | base64 --decode
}

# The stored value, or $4, or 32 random characters.
value() {
  local found
  found=$(stored "$1" "$2" "$3")
  if [[ -n "$found" ]]; then
    printf %s "$found"
  else
    printf %s "${4:-$(head --bytes=24 /dev/urandom | base64 | tr '+/' 'xy')}"
  fi
}

# Writes secret $2 in namespace $1 with the keys and values that follow.
write() {
  local namespace=$1 name=$2
  shift 2
  {
    printf '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "%s", "namespace": "%s", ' "$name" "$namespace"
    printf '"labels": {"app.kubernetes.io/part-of": "noria"}}, "data": {'
    local comma=
    while (($#)); do
      printf '%s"%s": "%s"' "$comma" "$1" "$(printf %s "$2" | base64 --wrap=0)"
      comma=', '
      shift 2
    done
    printf '}}\n'
  } | kubectl apply --server-side --force-conflicts --field-manager=noria --filename=- >/dev/null
  echo "secret $namespace/$name is there"
}

# A bucket's own user: its keys in secret $1, written to the namespaces that follow.
bucket_user() {
  local name=$1 identity secret namespace
  shift
  identity=$(value noria "$name" access-key-id "$name")
  secret=$(value noria "$name" secret-access-key)
  for namespace in "$@"; do
    write "$namespace" "$name" access-key-id "$identity" secret-access-key "$secret"
  done
  printf -v "${name//-/_}" '[{"accessKey": "%s", "secretKey": "%s"}]' "$identity" "$secret"
}

admin=$(value noria noria-mlflow-server admin-password)
flask=$(value noria noria-mlflow-server flask-secret-key)
write noria noria-mlflow-server admin-username admin admin-password "$admin" flask-secret-key "$flask"

client=$(value noria noria-mlflow-client password)
for namespace in noria kubeflow; do
  write "$namespace" noria-mlflow-client username noria-steps password "$client"
done

# Instead of the ones that KFP's manifests publish.
minio=$(value kubeflow mlpipeline-minio-artifact secretkey)
write kubeflow mlpipeline-minio-artifact accesskey kubeflow secretkey "$minio"
mysql=$(value kubeflow mysql-secret password)
write kubeflow mysql-secret username root password "$mysql"

if [[ "$overlay" == kind ]]; then
  mlflow=$(value noria noria-postgres mlflow-password)
  backup=$(value noria noria-postgres backup-password)
  write noria noria-postgres mlflow-password "$mlflow" backup-password "$backup"

  bucket_user noria-mlflow-bucket noria
  bucket_user noria-backup-bucket noria kubeflow
  bucket_user noria-object-store-setup noria
  # shellcheck disable=SC2154 # bucket_user sets them
  identities=$(
    cat <<JSON
{"identities": [
  {"name": "mlflow", "credentials": $noria_mlflow_bucket,
   "actions": ["Read:mlflow", "Write:mlflow", "List:mlflow", "Tagging:mlflow"]},
  {"name": "backup", "credentials": $noria_backup_bucket,
   "actions": ["Read:backups", "Write:backups", "List:backups", "Tagging:backups"]},
  {"name": "setup", "credentials": $noria_object_store_setup, "actions": ["Admin:mlflow", "Admin:backups"]}
]}
JSON
  )
  write noria noria-object-store s3.json "$identities"
fi
