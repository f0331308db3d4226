#!/bin/sh
# Loads an export of pgcopy into a PostgreSQL of its own (a folder and a socket of its own, no network), and prints "number|distance"
# of the ten images nearest to the first text: first by one table, then by the three shards of a sharded export through postgres_fdw. Then
# the cases with the label cyst, and the number of cases: of one table; of the shards, where the ids and codes must be the same as in one
# table. Exits 77, and says why, where that cannot be done here.
#   postgres.sh FOLDER SHARDED_FOLDER
set -eu
folder=$1
sharded=$2
bin=
for at in "$(dirname "$(command -v initdb || echo /none)")" /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
    [ -x "$at/initdb" ] && [ -x "$at/postgres" ] && bin=$at
done
[ -n "$bin" ] || { echo "no initdb"; exit 77; }

dir=$(mktemp -d /tmp/msach-pg.XXXXXX)
as=
if [ "$(id -u)" = 0 ]; then # the server does not run as root
    id nobody >/dev/null 2>&1 && command -v setpriv >/dev/null || { rmdir "$dir"; echo "root, and no way to be nobody"; exit 77; }
    group=$(id -g nobody)
    chown nobody "$dir"
    as="setpriv --reuid=nobody --regid=$group --clear-groups"
fi
trap '$as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
cp -r "$folder" "$dir/export"
cp -r "$sharded" "$dir/sharded"
chmod -R a+rX "$dir/export" "$dir/sharded"
cd "$dir"
HOME=$dir LC_ALL=C
export HOME LC_ALL
$as "$bin/initdb" -D "$dir/data" -U msach -A trust --no-sync >"$dir/log" 2>&1 || { cat "$dir/log"; exit 77; }
$as "$bin/pg_ctl" -D "$dir/data" -w -t 30 -l "$dir/data/server.log" \
    -o "-k $dir -c listen_addresses='' -c fsync=off -c shared_buffers=16MB" start >"$dir/log" 2>&1 || { cat "$dir/log"; exit 77; }
psql() { command psql -h "$dir" -U msach -v ON_ERROR_STOP=1 -qAtX "$@"; }

psql -d postgres -c 'CREATE DATABASE whole' -c 'CREATE DATABASE front'
cd "$dir/export"
psql -d whole -f load.sql >"$dir/log"
query=$(psql -d whole -c 'SELECT code FROM text_codes ORDER BY id LIMIT 1')
top="SELECT id, bit_count(code # B'$query') AS d FROM image_codes ORDER BY d, id LIMIT 10"
psql -d whole -c "$top"

if ! psql -d front -c 'CREATE EXTENSION postgres_fdw' 2>"$dir/log"; then cat "$dir/log"; exit 77; fi
servers=
for i in 0 1 2; do
    psql -d postgres -c "CREATE DATABASE shard$i"
    cd "$dir/sharded/shard$i"
    psql -d "shard$i" -f load.sql >"$dir/log"
    servers="$servers -v host$i=$dir -v db$i=shard$i"
done
cd "$dir/sharded"
# shellcheck disable=SC2086 # a list of variables
psql -d front $servers -v user=msach -v password=none -f load.sql 2>"$dir/log" || { cat "$dir/log"; exit 1; }
psql -d front -c "$top"
cases="SELECT name, labels, patient, report, picture FROM cases WHERE labels @> ARRAY['cyst']"
for db in whole front; do
    psql -d $db -c "$cases" -c 'SELECT count(*) FROM cases'
    for table in cases image_codes text_codes; do psql -d $db -c "SELECT * FROM $table ORDER BY id"; done >"$dir/$db.rows"
done
cmp "$dir/whole.rows" "$dir/front.rows"
