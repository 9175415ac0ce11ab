#!/usr/bin/env bash
# Puts the /backup/NAME.sql.gz that the step before fetched in place of KFP's databases. KFP has to be stopped
# (infra/restore.sh does that).
set -euo pipefail

archives=(/backup/*.sql.gz)
gzip --test "${archives[0]}"
gzip --decompress --stdout "${archives[0]}" | mysql --host="$MYSQL_HOST" --user="$MYSQL_USER"
echo "restored from ${archives[0]##*/}"
