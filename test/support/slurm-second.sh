#!/usr/bin/env bash
# slurm-second.sh FOLDER: a second cluster, `other`, beside that in FOLDER, which slurm-accounts.sh gave a database: with
# a controller, a node and a configuration of its own, FOLDER/other/slurm.conf. Both are known to the database, so
# `--clusters` reaches one from the other.
set -euo pipefail
dir=$1
export SLURM_CONF=$dir/slurm.conf
port=$(($(sed -n 's/^SlurmctldPort=//p' "$SLURM_CONF") + 40))
start() { # start NAME COMMAND...
  local name=$1
  shift
  SLURM_CONF=$dir/other/slurm.conf "$@" > "$dir/log/$name.out" 2>&1 < /dev/null &
  echo $! > "$dir/pids/$name"
}
mkdir -p "$dir"/other/{state,log,spool.o1}
cp "$dir/cgroup.conf" "$dir/other"
sed -e "s#$dir/\(state\|spool\|log\|slurm\)#$dir/other/\1#" -e 's/^ClusterName=.*/ClusterName=other/' \
  -e "s/^SlurmctldPort=.*/SlurmctldPort=$port/" -e '/^NodeName=/d' -e '/^PartitionName=/d' "$SLURM_CONF" \
  > "$dir/other/slurm.conf"
cat >> "$dir/other/slurm.conf" <<CONF
NodeName=o1 NodeHostname=o1 NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=4 RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes=o1 Default=YES MaxTime=INFINITE State=UP
CONF
start slurmctld.other slurmctld -D -f "$dir/other/slurm.conf"
for _ in $(seq 300); do
  timeout 5 sacctmgr -n show cluster 2> /dev/null | grep -q other && break
  sleep 0.1
done
sacctmgr -i add account faces cluster=other > /dev/null
sacctmgr -i add user root account=faces cluster=other > /dev/null
start slurmd.o1 "$dir/node" o1
for _ in $(seq 300); do
  [ "$(sinfo -M other -h -N -p main -t idle -o %N 2> /dev/null | grep -c o1)" -eq 1 ] && exit 0
  sleep 0.1
done
tail -n 20 "$dir"/other/log/* "$dir"/log/*other* >&2
exit 1
