#!/usr/bin/env bash
# Puts /backup/NAME.tar, which the step before fetched, in place of MLflow's databases. MLflow has to be stopped
# (infra/restore.sh does that): each database is replaced in one transaction, or not at all.
set -euo pipefail

archives=(/backup/*.tar)
tar --extract --file="${archives[0]}" --directory=/backup
for database in mlflow mlflow_auth; do
  pg_restore --clean --if-exists --no-owner --no-privileges --single-transaction --exit-on-error \
    --dbname="$database" "/backup/$database.dump"
  echo "$database: restored from ${archives[0]##*/}"
done
