#!/usr/bin/env bash
# gridengine-up.sh FOLDER PORT: a private Grid Engine of one node on this machine, as root. Everything lies in FOLDER; clients
# need SGE_ROOT=FOLDER/root, SGE_QMASTER_PORT=PORT and SGE_EXECD_PORT=PORT+1. The process numbers are in FOLDER/pids.
set -euo pipefail
dir=$1
export SGE_ROOT=$dir/root SGE_CELL=default SGE_QMASTER_PORT=$2 SGE_EXECD_PORT=$(($2 + 1)) SGE_ND=1
common=$SGE_ROOT/default/common
mkdir -p "$common" "$dir"/{spool/qmaster/job_scripts,spool/execd,db,pids,log}
ln -s /usr/share/gridengine/util "$SGE_ROOT/util"
for name in bin lib utilbin; do
  mkdir "$SGE_ROOT/$name"
  ln -s /usr/lib/gridengine "$SGE_ROOT/$name/$("$SGE_ROOT/util/arch")"
done
echo localhost > "$common/act_qmaster"
echo "localhost $(hostname)" > "$common/host_aliases"
cat > "$common/bootstrap" <<CONF
admin_user              root
default_domain          none
ignore_fqdn             false
spooling_method         berkeleydb
spooling_lib            libspoolb
spooling_params         $dir/db
binary_path             /usr/sbin
qmaster_spool_dir       $dir/spool/qmaster
security_mode           none
listener_threads        2
worker_threads          2
scheduler_threads       1
CONF
sed -e "s#^execd_spool_dir.*#execd_spool_dir $dir/spool/execd#" -e 's#^min_uid.*#min_uid 0#' -e 's#^min_gid.*#min_gid 0#' \
  /usr/share/gridengine/default-configuration > "$dir/configuration"
{
  /usr/lib/gridengine/spoolinit berkeleydb libspoolb "$dir/db" init
  /usr/lib/gridengine/spooldefaults configuration "$dir/configuration"
  /usr/lib/gridengine/spooldefaults complexes /usr/share/gridengine/util/resources/centry
  /usr/lib/gridengine/spooldefaults usersets /usr/share/gridengine/util/resources/usersets
  /usr/lib/gridengine/spooldefaults managers root
} > "$dir/log/init" 2>&1
start() { # start NAME COMMAND...
  local name=$1
  shift
  "$@" > "$dir/log/$name" 2>&1 < /dev/null &
  echo $! > "$dir/pids/$name"
}
start master sge_qmaster
for _ in $(seq 100); do qconf -sh > /dev/null 2>&1 && break; sleep 0.1; done
cat > "$dir/edit" <<'EDIT'
#!/bin/sh
sed -i -e 's/^pe_list .*/pe_list NONE/' -e 's/^hostlist .*/hostlist localhost/' -e 's/^slots .*/slots 4/' \
  -e 's/^load_thresholds .*/load_thresholds NONE/' -e 's/^schedule_interval .*/schedule_interval 0:0:2/' \
  -e 's/^flush_\(.*\)_sec .*/flush_\1_sec 1/' "$1"
EDIT
chmod 755 "$dir/edit"
export EDITOR=$dir/edit
start node sge_execd
{
  qconf -as localhost
  qconf -aq all.q
  qconf -msconf
} >> "$dir/log/init" 2>&1
for _ in $(seq 300); do
  qhost -h localhost | grep -q lx- && exit 0
  sleep 0.1
done
cat "$dir"/log/* "$dir"/spool/*/messages >&2
exit 1
