#!/usr/bin/env bash
# slurm-accounts.sh FOLDER: gives the private Slurm in FOLDER, which slurm-up.sh started, accounts and the limits of
# qualities of service: a MariaDB behind a socket, slurmdbd, and its controller started again. Jobs need an account.
set -euo pipefail
dir=$1
export SLURM_CONF=$dir/slurm.conf
port=$(($(sed -n 's/^SlurmctldPort=//p' "$SLURM_CONF") + 90))
db=$dir/db
start() { # start NAME COMMAND...
  local name=$1
  shift
  "$@" > "$dir/log/$name.out" 2>&1 < /dev/null &
  echo $! > "$dir/pids/$name"
}
mkdir -p "$db"
mariadb-install-db --no-defaults --user=root --datadir="$db/data" --auth-root-authentication-method=normal \
  --skip-test-db > "$dir/log/mariadb-install.out" 2>&1
start mariadbd mariadbd --no-defaults --user=root --datadir="$db/data" --socket="$db/sock" --pid-file="$db/pid" \
  --skip-networking --innodb-buffer-pool-size=64M
for _ in $(seq 300); do
  mariadb --no-defaults -uroot -S "$db/sock" -e "create database if not exists slurm; create user if not exists
    slurm@localhost identified by 'test'; grant all on slurm.* to slurm@localhost" 2> /dev/null && break
  sleep 0.1
done
cat > "$dir/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$dir/sock/munge.socket
DbdHost=$(hostname -s)
DbdAddr=127.0.0.1
DbdPort=$port
CommunicationParameters=NoInAddrAny
SlurmUser=root
LogFile=$dir/log/slurmdbd.log
PidFile=$dir/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StoragePass=test
StorageLoc=slurm
CONF
chmod 600 "$dir/slurmdbd.conf"
MYSQL_UNIX_PORT="$db/sock" start slurmdbd slurmdbd -D
for _ in $(seq 300); do
  (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null && break
  sleep 0.1
done
sed -i '/^AccountingStorageType=/d' "$SLURM_CONF"
cat >> "$SLURM_CONF" <<CONF
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$port
AccountingStoragePass=$dir/sock/munge.socket
AccountingStorageEnforce=associations,limits,qos
CONF
kill "$(cat "$dir/pids/slurmctld")"
while kill -0 "$(cat "$dir/pids/slurmctld")" 2> /dev/null; do sleep 0.05; done
rm -f "$dir/state/clustername" # the database gives the cluster its number
start slurmctld slurmctld -D -f "$SLURM_CONF"
for _ in $(seq 300); do
  timeout 5 sacctmgr -n show cluster 2> /dev/null | grep -q test && break
  sleep 0.1
done
sacctmgr -i add account faces > /dev/null
sacctmgr -i add qos few MaxSubmitJobsPerUser=2 MaxWall=00:10:00 Flags=DenyOnLimit > /dev/null
sacctmgr -i add user root account=faces qos=normal,few > /dev/null
nodes=$(grep -c ^NodeName= "$SLURM_CONF")
for _ in $(seq 300); do
  [ "$(sinfo -h -N -p main -t idle -o %N 2> /dev/null | wc -l)" -eq "$nodes" ] && exit 0
  sleep 0.1
done
tail -n 20 "$dir"/log/* >&2
exit 1
