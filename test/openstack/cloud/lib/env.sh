# Settings and helpers shared by `up`, `down` and `host`. Sourced, not run.

# Debian's own Python and tools come first: a pyenv or venv must not shadow them.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV
export LC_ALL=C.UTF-8

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LIB=$HERE/lib

# Everything this cloud owns lives under one directory.
STATE=${OPENSTACK_STATE:-${TMPDIR:-/tmp}/heps-test-openstack}
ETC=$STATE/etc
RUN=$STATE/run
LOG=$STATE/log

# One password for every service account: the cloud listens on loopback only.
PASSWORD=${OPENSTACK_PASSWORD:-openstack}
REGION=RegionOne
HOST_IP=127.0.0.1

KEYSTONE_PORT=${KEYSTONE_PORT:-5000}
NOVA_PORT=${NOVA_PORT:-8774}
PLACEMENT_PORT=${PLACEMENT_PORT:-8778}
GLANCE_PORT=${GLANCE_PORT:-9292}
NETWORK_PORT=${NETWORK_PORT:-9696}
MYSQL_PORT=${MYSQL_PORT:-3306}
RABBIT_PORT=${RABBIT_PORT:-5672}
RABBIT_DIST_PORT=${RABBIT_DIST_PORT:-25672}
EPMD_PORT=${EPMD_PORT:-4369}
MEMCACHED_PORT=${MEMCACHED_PORT:-11211}

# Behaviour worth changing in a test.
TOKEN_SECONDS=${TOKEN_SECONDS:-3600}          # keystone token life
SCHEDULER_DEBUG=${SCHEDULER_DEBUG:-true}      # nova-scheduler logs each decision
HEPS_URL=${HEPS_URL:-}                        # the plugin of nova-scheduler asks there
HEPS_TOKEN_FILE=${HEPS_TOKEN_FILE:-}          # with the token of this file
HEPS_FAIL_OPEN=${HEPS_FAIL_OPEN:-true}
HEPS_TIMEOUT=${HEPS_TIMEOUT:-2}                # seconds that it waits for an answer
SOFT_DELETE_SECONDS=${SOFT_DELETE_SECONDS:-0}  # for which a deleted server can be restored
PCI_IN_PLACEMENT=${PCI_IN_PLACEMENT:-false}   # report GPUs to placement too
DB_NAMES="keystone glance placement nova_api nova nova_cell0"

PACKAGES="python3-keystone python3-placement glance-common nova-common
  nova-conductor nova-scheduler
  mariadb-server-core mariadb-client-core rabbitmq-server memcached
  uwsgi-core uwsgi-plugin-python3 python3-openstackclient python3-osc-placement
  python3-fixtures curl jq"

say() { printf '%7.1fs  %s\n' "$(awk "BEGIN{print $(date +%s.%N)-$T0}")" "$*"; }
die() { echo "error: $*" >&2; exit 1; }

missing_packages() { # those of $PACKAGES that are not installed
  comm -23 <(printf '%s\n' $PACKAGES | sort) <(dpkg-query -W \
    -f '${Package} ${db:Status-Status}\n' $PACKAGES 2>/dev/null | sed -n 's/ installed$//p' | sort)
}

# --- processes: a pid file holds "<pid> <kernel start time>" ---------------
# The start time guards against signalling a stranger that reused the pid.

start_time() { # pid -> start time in clock ticks, or nothing
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  stat=${stat##*) }
  set -- $stat
  echo "${20}"
}

alive() { # pid file -> 0 when that very process still runs
  local pid began
  [ -s "$1" ] || return 1
  read -r pid began <"$1"
  [ -n "$began" ] && [ "$(start_time "$pid")" = "$began" ]
}

record() { # name pid
  echo "$2 $(start_time "$2")" >"$RUN/$1.pid"
}

start() { # name command... : run in the background, once
  local name=$1
  shift
  alive "$RUN/$name.pid" && return 0
  setsid "$@" >>"$LOG/$name.log" 2>&1 </dev/null &
  record "$name" $!
  disown
}

stop_all() { # name... : TERM to all at once, KILL what lasts beyond 20 s
  local name pid _ i left
  for name in "$@"; do
    if alive "$RUN/$name.pid"; then
      read -r pid _ <"$RUN/$name.pid"
      kill -TERM "$pid" 2>/dev/null
    fi
  done
  for i in $(seq 200); do
    left=
    for name in "$@"; do
      if alive "$RUN/$name.pid"; then left+=" $name"; else rm -f "$RUN/$name.pid"; fi
    done
    [ -z "$left" ] && return 0
    sleep 0.1
  done
  for name in $left; do
    read -r pid _ <"$RUN/$name.pid"
    kill -KILL "$pid"
    rm -f "$RUN/$name.pid"
  done
}

wait_for() { # seconds what command...
  local limit=$1 what=$2 i
  shift 2
  for i in $(seq $((limit * 5))); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.2
  done
  die "$what did not come up within $limit s (see $LOG)"
}

sql() { mariadb --socket="$RUN/mysql.sock" -u root -N -B "$@"; }
