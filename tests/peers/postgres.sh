#!/bin/sh
# Loads an export of pgcopy into a PostgreSQL of its own (a folder and a socket of its own, no network), and prints "number|distance"
# of the ten images nearest to the first text: first by one table, then by two shards through postgres_fdw. Then the cases with the
# label cyst, and the number of cases. Exits 77, and says why,
# where that cannot be done here.
#   postgres.sh FOLDER
set -eu
folder=$1
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
chmod -R a+rX "$dir/export"
cd "$dir"
HOME=$dir LC_ALL=C
export HOME LC_ALL
$as "$bin/initdb" -D "$dir/data" -U msach -A trust --no-sync >"$dir/log" 2>&1 || { cat "$dir/log"; exit 77; }
$as "$bin/pg_ctl" -D "$dir/data" -w -t 30 -l "$dir/data/server.log" \
    -o "-k $dir -c listen_addresses='' -c fsync=off -c shared_buffers=16MB" start >"$dir/log" 2>&1 || { cat "$dir/log"; exit 77; }
psql() { command psql -h "$dir" -U msach -v ON_ERROR_STOP=1 -qAtX "$@"; }

psql -d postgres -c 'CREATE DATABASE whole' -c 'CREATE DATABASE shard0' -c 'CREATE DATABASE shard1' -c 'CREATE DATABASE front'
cd "$dir/export"
psql -d whole -f load.sql >"$dir/log"
query=$(psql -d whole -c 'SELECT code FROM text_codes ORDER BY id LIMIT 1')
bits=${#query}
top="SELECT id, bit_count(code # B'$query') AS d FROM TABLE ORDER BY d, id LIMIT 10"
psql -d whole -c "$(echo "$top" | sed 's/TABLE/image_codes/')"

if ! psql -d front -c 'CREATE EXTENSION postgres_fdw' 2>"$dir/log"; then cat "$dir/log"; exit 77; fi
psql -d front -c "CREATE TABLE codes (id bigint, code bit($bits)) PARTITION BY HASH (id)"
for i in 0 1; do
    psql -d "shard$i" -c "CREATE TABLE image_codes (id bigint, code bit($bits))"
    psql -d front -c "CREATE SERVER shard$i FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$dir', dbname 'shard$i')" \
        -c "CREATE USER MAPPING FOR CURRENT_USER SERVER shard$i OPTIONS (user 'msach', password_required 'false')" \
        -c "CREATE FOREIGN TABLE codes$i PARTITION OF codes FOR VALUES WITH (MODULUS 2, REMAINDER $i)
            SERVER shard$i OPTIONS (table_name 'image_codes')"
done
psql -d whole -c 'COPY image_codes TO STDOUT' | psql -d front -c 'COPY codes FROM STDIN'
psql -d front -c "$(echo "$top" | sed 's/TABLE/codes/')"
psql -d whole -c "SELECT name, labels, patient, report, picture FROM cases WHERE labels @> ARRAY['cyst']" -c 'SELECT count(*) FROM cases'
