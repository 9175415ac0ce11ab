#!/usr/bin/env bash
# Dumps KFP's databases (runs and schedules, cache, metadata) into /backup/mysql-TIME.sql.gz, as of one moment.
set -euo pipefail

stamp=$(date --utc +%Y%m%dT%H%M%SZ)
mysqldump --host="$MYSQL_HOST" --user="$MYSQL_USER" --single-transaction --routines --triggers --add-drop-database \
  --databases mlpipeline cachedb metadb | gzip >"/backup/partial"
# mysqldump writes this line last, and only when it got to the end.
if ! gzip --decompress --stdout /backup/partial | tail --lines=1 | grep --quiet '^-- Dump completed'; then
  echo "the dump is not complete" >&2
  exit 1
fi
mv /backup/partial "/backup/mysql-$stamp.sql.gz"
