#!/usr/bin/env bash
# Dumps MLflow's databases into one file, /backup/postgres-TIME.tar, after reading each dump back.
set -euo pipefail

stamp=$(date --utc +%Y%m%dT%H%M%SZ)
for database in mlflow mlflow_auth; do
  pg_dump --format=custom --no-owner --no-privileges --dbname="$database" --file="/backup/$database.dump"
  objects=$(pg_restore --list "/backup/$database.dump" | grep --count --invert-match '^;')
  echo "$database: $objects objects"
  if [[ "$objects" -lt 2 ]]; then
    echo "the dump of $database is empty; MLflow has not made its tables, or the role backup cannot read" >&2
    exit 1
  fi
done
tar --create --file="/backup/postgres-$stamp.tar" --directory=/backup mlflow.dump mlflow_auth.dump
rm /backup/mlflow.dump /backup/mlflow_auth.dump
