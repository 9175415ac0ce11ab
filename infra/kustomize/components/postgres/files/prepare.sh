#!/usr/bin/env bash
# Before each start: makes the data folder where there is none, then brings roles, passwords and databases to
# what the secret says, through a server that only listens on the pod's own socket.
set -euo pipefail

if [[ ! -s "$PGDATA/PG_VERSION" ]]; then
  echo "making a new database cluster in $PGDATA"
  rm -rf "$PGDATA.new"
  initdb --pgdata="$PGDATA.new" --username=postgres --auth-local=peer --auth-host=reject \
    --encoding=UTF8 --locale=C.UTF-8 --data-checksums
  mv "$PGDATA.new" "$PGDATA"
fi
pg_ctl --pgdata="$PGDATA" --wait --timeout=120 start --log=/tmp/prepare.log \
  --options="-c listen_addresses= -c hba_file=/etc/postgresql/pg_hba.conf -c unix_socket_directories=/run/postgresql" \
  || { cat /tmp/prepare.log; exit 1; }
psql --host=/run/postgresql --username=postgres --dbname=postgres --no-psqlrc --quiet \
  --set=ON_ERROR_STOP=1 --file=/etc/postgresql/roles.sql
pg_ctl --pgdata="$PGDATA" --wait --timeout=120 --mode=fast stop
