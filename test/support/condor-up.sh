#!/usr/bin/env bash
# condor-up.sh FOLDER: a private HTCondor of one machine, whose daemons and jobs belong to the user who starts it, which must
# not be root: condor_submit refuses root. Everything lies in FOLDER; clients need CONDOR_CONFIG=FOLDER/condor_config. The
# process number of the master, which ends the others, is in FOLDER/pids.
set -euo pipefail
dir=$1
mkdir -p "$dir"/{log,spool,execute,lock,run,pids,passwords,tokens}
chmod 700 "$dir/passwords" "$dir/tokens"
cat > "$dir/condor_config" <<CONF
use ROLE : Personal
LOCAL_DIR = $dir
LOG = $dir/log
SPOOL = $dir/spool
EXECUTE = $dir/execute
LOCK = $dir/lock
RUN = $dir/run
RELEASE_DIR = /usr
LIBEXEC = /usr/libexec/condor
CONDOR_HOST = 127.0.0.1
NETWORK_INTERFACE = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:0
COLLECTOR_ADDRESS_FILE = $dir/log/.collector_address
USE_SHARED_PORT = False
FILESYSTEM_DOMAIN = test
UID_DOMAIN = test
SEC_DEFAULT_AUTHENTICATION = REQUIRED
SEC_DEFAULT_AUTHENTICATION_METHODS = FS
SEC_PASSWORD_DIRECTORY = $dir/passwords
SEC_TOKEN_DIRECTORY = $dir/tokens
SEC_TOKEN_SYSTEM_DIRECTORY = $dir/tokens
ALLOW_READ = *
ALLOW_WRITE = *
ALLOW_DAEMON = *
ALLOW_ADMINISTRATOR = *
ALLOW_NEGOTIATOR = *
NUM_CPUS = 4
MEMORY = 8000
NUM_SLOTS = 1
NUM_SLOTS_TYPE_1 = 1
SLOT_TYPE_1 = 100%
SLOT_TYPE_1_PARTITIONABLE = True
START = True
SUSPEND = False
PREEMPT = False
KILL = False
RANK = 0
use POLICY : Hold_If_Memory_Exceeded
RUNBENCHMARKS = False
NEGOTIATOR_INTERVAL = 1
NEGOTIATOR_MIN_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 1
SCHEDD_INTERVAL = 2
SCHEDD_MIN_INTERVAL = 1
PERIODIC_EXPR_INTERVAL = 1
UPDATE_INTERVAL = 2
STARTER_UPDATE_INTERVAL = 2
SHADOW_QUEUE_UPDATE_INTERVAL = 2
POLLING_INTERVAL = 2
JOB_START_DELAY = 0
SCHEDD_HOST =
CONF
export CONDOR_CONFIG=$dir/condor_config
condor_master -f > "$dir/log/master" 2>&1 < /dev/null &
echo $! > "$dir/pids/master"
for _ in $(seq 300); do
  [ -n "$(condor_status -af Name 2> /dev/null)" ] && condor_q > /dev/null 2>&1 && exit 0
  sleep 0.1
done
tail -n 20 "$dir"/log/* >&2
exit 1
