# Writes every configuration file under $ETC. Sourced by `up`; safe to repeat.

db_url() { echo "mysql+pymysql://openstack:$PASSWORD@$HOST_IP:$MYSQL_PORT/$1?charset=utf8"; }

authtoken() { # service user
  cat <<INI
[keystone_authtoken]
www_authenticate_uri = http://$HOST_IP:$KEYSTONE_PORT/v3
auth_url = http://$HOST_IP:$KEYSTONE_PORT/v3
memcached_servers = $HOST_IP:$MEMCACHED_PORT
auth_type = password
project_domain_name = Default
user_domain_name = Default
project_name = service
username = $1
password = $PASSWORD
INI
}

client() { # section : how nova reaches another service
  cat <<INI
[$1]
auth_url = http://$HOST_IP:$KEYSTONE_PORT/v3
auth_type = password
project_domain_name = Default
user_domain_name = Default
project_name = service
username = nova
password = $PASSWORD
region_name = $REGION
INI
}

uwsgi() { # name port processes wsgi-script
  cat >"$ETC/uwsgi-$1.ini" <<INI
[uwsgi]
plugin = python3
http-socket = $HOST_IP:$2
wsgi-file = $4
master = true
processes = $3
threads = 1
enable-threads = true
lazy-apps = true
need-app = true
thunder-lock = true
die-on-term = true
buffer-size = 65535
post-buffering = 65536
add-header = Connection: close
log-format = %(addr) "%(method) %(uri)" %(status) %(size)B %(msecs)ms
INI
}

write_mariadb() {
  cat >"$ETC/my.cnf" <<INI
[mariadbd]
user = root
datadir = $STATE/mysql
socket = $RUN/mysql.sock
pid-file = $RUN/mysqld-own.pid
port = $MYSQL_PORT
bind-address = $HOST_IP
skip-name-resolve
skip-log-bin
max_connections = 1000
innodb_buffer_pool_size = 512M
# Durability is not wanted here: a lost cloud is simply rebuilt.
innodb_flush_log_at_trx_commit = 0
innodb_doublewrite = 0
INI
}

write_rabbit() {
  cat >"$ETC/rabbitmq.conf" <<INI
listeners.tcp.1 = $HOST_IP:$RABBIT_PORT
load_definitions = $ETC/rabbitmq-definitions.json
log.console = true
log.console.level = warning
log.file = false
vm_memory_high_watermark.absolute = 2GB
disk_free_limit.absolute = 100MB
INI
  echo '[].' >"$ETC/rabbitmq-plugins"
  # Unread notifications must not pile up for ever: the policy bounds them.
  cat >"$ETC/rabbitmq-definitions.json" <<JSON
{
  "users": [{"name": "openstack", "password": "$PASSWORD", "tags": "administrator"}],
  "vhosts": [{"name": "/"}],
  "permissions": [{"user": "openstack", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}],
  "policies": [{"vhost": "/", "name": "bound-notifications", "priority": 0, "apply-to": "queues",
    "pattern": "^(versioned_)?notifications\\\\.",
    "definition": {"max-length": 20000, "message-ttl": 3600000}}]
}
JSON
}

write_keystone() {
  mkdir -p "$ETC/keystone"
  cat >"$ETC/keystone/keystone.conf" <<INI
[database]
connection = $(db_url keystone)
[token]
provider = fernet
expiration = $TOKEN_SECONDS
[fernet_tokens]
key_repository = $STATE/keystone/fernet
[credential]
key_repository = $STATE/keystone/credential
[cache]
enabled = true
backend = dogpile.cache.memcached
memcache_servers = $HOST_IP:$MEMCACHED_PORT
INI
  uwsgi keystone "$KEYSTONE_PORT" 2 /usr/bin/keystone-wsgi-public
}

write_placement() {
  mkdir -p "$ETC/placement"
  cat >"$ETC/placement/placement.conf" <<INI
[placement_database]
connection = $(db_url placement)
[api]
auth_strategy = keystone
$(authtoken placement)
INI
  uwsgi placement "$PLACEMENT_PORT" 2 /usr/bin/placement-api
}

write_glance() {
  mkdir -p "$ETC/glance" "$STATE/images"
  cp /usr/share/glance-common/glance-api-paste.ini "$ETC/glance/"
  cat >"$ETC/glance/glance-api.conf" <<INI
[DEFAULT]
bind_host = $HOST_IP
bind_port = $GLANCE_PORT
worker_self_reference_url = http://$HOST_IP:$GLANCE_PORT
[database]
connection = $(db_url glance)
[glance_store]
stores = file
default_store = file
filesystem_store_datadir = $STATE/images
[paste_deploy]
flavor = keystone
[oslo_concurrency]
lock_path = $STATE/lock
$(authtoken glance)
INI
  uwsgi glance "$GLANCE_PORT" 1 /usr/bin/glance-wsgi-api
}

nova_common() { # number of fake hosts : what every nova service reads
  # The more hosts share this machine, the more seldom each one reports.
  local report=$(($1 / 5))
  [ $report -lt 10 ] && report=10
  cat <<INI
[DEFAULT]
my_ip = $HOST_IP
state_path = $STATE/nova
transport_url = rabbit://openstack:$PASSWORD@$HOST_IP:$RABBIT_PORT/
report_interval = $report
service_down_time = $((report * 6))
graceful_shutdown_timeout = 5
reclaim_instance_interval = $SOFT_DELETE_SECONDS
# Capacity is what the cluster file says: no oversubscription, nothing reserved.
initial_cpu_allocation_ratio = 1.0
initial_ram_allocation_ratio = 1.0
initial_disk_allocation_ratio = 1.0
reserved_host_memory_mb = 0
[pci]
$("$LIB/cluster.py" pci "$STATE/cluster.json")
report_in_placement = $PCI_IN_PLACEMENT
[notifications]
notification_format = both
notify_on_state_change = vm_and_task_state
[oslo_messaging_notifications]
driver = messagingv2
[oslo_messaging_rabbit]
heartbeat_timeout_threshold = 0
[oslo_concurrency]
lock_path = $STATE/lock
[vnc]
enabled = false
[cinder]
os_region_name = $REGION
$(client glance)
$(client neutron)
$(client placement)
$(authtoken nova)
INI
}

write_nova() { # number of fake hosts
  local refresh=$(($1 * 4))
  [ $refresh -lt 60 ] && refresh=60
  local filters=ComputeFilter,ComputeCapabilitiesFilter,ImagePropertiesFilter
  filters+=,AggregateInstanceExtraSpecsFilter,ServerGroupAntiAffinityFilter,ServerGroupAffinityFilter
  filters+=,PciPassthroughFilter

  mkdir -p "$ETC/nova" "$STATE/nova" "$STATE/lock"
  cp /usr/share/nova-common/api-paste.ini "$ETC/nova/"

  # The API, the conductor and the scheduler.
  {
    nova_common "$1"
    cat <<INI
[DEFAULT]
host = controller
[api_database]
connection = $(db_url nova_api)
[database]
connection = $(db_url nova)
max_overflow = 100
[quota]
instances = 100000
cores = 1000000
ram = 1000000000
[conductor]
workers = 2
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 30
[filter_scheduler]
enabled_filters = $filters
INI
  } >"$ETC/nova/nova.conf"

  # Read by the scheduler after nova.conf.
  {
    cat <<INI
[DEFAULT]
debug = $SCHEDULER_DEBUG
INI
    [ -z "$HEPS_URL" ] || cat <<INI
[filter_scheduler]
available_filters = nova.scheduler.filters.all_filters
available_filters = heps_nova.scheduler.HepsFilter
enabled_filters = $filters,HepsFilter
weight_classes = nova.scheduler.weights.all_weighers,heps_nova.scheduler.HepsWeigher
[heps]
url = $HEPS_URL
token_file = $HEPS_TOKEN_FILE
fail_open = $HEPS_FAIL_OPEN
timeout = $HEPS_TIMEOUT
INI
  } >"$ETC/nova/scheduler.conf"

  # A compute service must not know the databases: it goes through the conductor.
  {
    nova_common "$1"
    cat <<INI
[DEFAULT]
compute_driver = cluster_fake.ClusterFakeDriver
resume_guests_state_on_host_boot = true
# Periodic work that means nothing without a hypervisor is off.
update_resources_interval = $refresh
sync_power_state_interval = -1
heal_instance_info_cache_interval = -1
bandwidth_poll_interval = -1
shelved_poll_interval = -1
running_deleted_instance_poll_interval = 0
[image_cache]
manager_interval = -1
[cluster_fake]
cluster = $STATE/cluster.json
INI
  } >"$ETC/nova/compute.conf"

  uwsgi nova "$NOVA_PORT" 2 /usr/bin/nova-api-wsgi
}

write_credentials() {
  cat >"$STATE/clouds.yaml" <<YAML
clouds:
  admin:
    region_name: $REGION
    auth:
      auth_url: http://$HOST_IP:$KEYSTONE_PORT/v3
      username: admin
      password: $PASSWORD
      project_name: admin
      user_domain_name: Default
      project_domain_name: Default
  demo:
    region_name: $REGION
    auth:
      auth_url: http://$HOST_IP:$KEYSTONE_PORT/v3
      username: demo
      password: $PASSWORD
      project_name: demo
      user_domain_name: Default
      project_domain_name: Default
YAML
  cat >"$STATE/openrc" <<SH
export OS_IDENTITY_API_VERSION=3 OS_AUTH_URL=http://$HOST_IP:$KEYSTONE_PORT/v3
export OS_USERNAME=admin OS_PASSWORD=$PASSWORD OS_PROJECT_NAME=admin
export OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default OS_REGION_NAME=$REGION
SH
}

write_all() { # number of fake hosts
  write_mariadb
  write_rabbit
  write_keystone
  write_placement
  write_glance
  write_nova "$1"
  write_credentials
}
