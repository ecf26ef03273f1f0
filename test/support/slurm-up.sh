#!/usr/bin/env bash
# slurm-up.sh FOLDER PORT NODES: a private Slurm on this machine, without systemd and cgroups, as root. Everything lies in
# FOLDER; clients need SLURM_CONF=FOLDER/slurm.conf. The process numbers are in FOLDER/pids. Each node has a hostname of
# its own, in a namespace; nodes share the disk, the clock and the network of this machine. Jobs of the partition
# `urgent` preempt others.
set -euo pipefail
dir=$1 port=$2 nodes=$3
mkdir -p "$dir"/{state,log,pids,munge,sock}
chmod 755 "$dir" "$dir"/*
chmod 700 "$dir/munge"
dd if=/dev/urandom of="$dir/munge/munge.key" bs=128 count=1 status=none
chmod 600 "$dir/munge/munge.key"
host=$(hostname -s)
cat > "$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=$port
AuthType=auth/munge
AuthInfo=socket=$dir/sock/munge.socket,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool.%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory,CR_LLN
SlurmctldTimeout=10
SlurmdTimeout=${SLURM_SLURMD_TIMEOUT:-300}
MessageTimeout=10
KillWait=2
MinJobAge=300
JobRequeue=1
AccountingStorageType=accounting_storage/none
DefMemPerCPU=100
SlurmdParameters=config_overrides
$(for i in $(seq "$nodes"); do echo "NodeName=n$i NodeHostname=n$i NodeAddr=127.0.0.1 Port=$((port + i)) CPUs=4 RealMemory=8000 State=UNKNOWN"; done)
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=main Nodes=n[1-$nodes] Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=urgent Nodes=n[1-$nodes] MaxTime=INFINITE State=UP PriorityTier=10
CONF
echo 'CgroupPlugin=disabled' > "$dir/cgroup.conf"
export SLURM_CONF=$dir/slurm.conf
start() { # start NAME COMMAND...
  local name=$1
  shift
  "$@" > "$dir/log/$name.out" 2>&1 < /dev/null &
  echo $! > "$dir/pids/$name"
}
start munged munged --force --foreground --key-file="$dir/munge/munge.key" --socket="$dir/sock/munge.socket" \
  --pid-file="$dir/munge/pid" --seed-file="$dir/munge/seed" --log-file="$dir/log/munged.log"
for _ in $(seq 200); do [ -S "$dir/sock/munge.socket" ] && break; sleep 0.05; done
start slurmctld slurmctld -D -f "$SLURM_CONF"
cat > "$dir/node" <<'NODE'
#!/bin/sh
exec unshare --uts sh -c 'hostname "$0"; exec slurmd -D -N "$0"' "$1"
NODE
chmod 755 "$dir/node"
for i in $(seq "$nodes"); do
  mkdir -p "$dir/spool.n$i"
  start "slurmd.n$i" "$dir/node" "n$i"
done
for _ in $(seq 300); do
  [ "$(sinfo -h -N -p main -t idle -o %N 2>/dev/null | wc -l)" -eq "$nodes" ] && exit 0
  sleep 0.1
done
tail -n 20 "$dir"/log/* >&2
exit 1
