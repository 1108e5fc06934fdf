/**
 * INFO of several products, as far as `inspect` looks at it: written from what each is known to send (field names, words for
 * roles and states), not recorded.
 */
const ID = 'a'.repeat(40);
const NONE = '0'.repeat(40);

const redis = (version: string, rest: string) => `# Server
redis_version:${version}
redis_mode:standalone
os:Linux 6.1.0 x86_64
run_id:${'b'.repeat(40)}
tcp_port:6379
uptime_in_seconds:864000

# Clients
connected_clients:12
maxclients:10000

# Memory
used_memory:104857600
maxmemory:0
maxmemory_policy:noeviction

# Persistence
loading:0
rdb_bgsave_in_progress:0
rdb_last_bgsave_status:ok
aof_enabled:0
aof_last_write_status:ok

# Stats
sync_full:1
sync_partial_ok:0
sync_partial_err:0
latest_fork_usec:300

# Replication
${rest}
# Keyspace
db0:keys=1000,expires=0,avg_ttl=0
`;

const tail = (more = '') => `${more}master_replid:${ID}
master_replid2:${NONE}
master_repl_offset:5000
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:1048576
repl_backlog_first_byte_offset:1
repl_backlog_histlen:5000
`;

const line = 'ip=10.0.0.6,port=6380,state=online,offset=5000,lag=0';

export const PRODUCTS = {
  'redis 5': redis('5.0.14', `role:master\nconnected_slaves:1\nslave0:${line}\n${tail()}`),
  'redis 6': redis(
    '6.2.14',
    `role:master\nconnected_slaves:1\nslave0:${line}\n${tail('master_failover_state:no-failover\n')}`,
  ),
  'redis 7': redis(
    '7.2.6',
    `role:master\nconnected_slaves:1\nslave0:${line}\n${tail('master_failover_state:no-failover\n')}`,
  ),
  'redis 8': redis(
    '8.2.1',
    `role:master\nconnected_slaves:1\nslave0:${line},io-thread=0\n${tail('master_failover_state:no-failover\nreplicas_waiting_psync:0\n')}`,
  ),
  'redis 8 replica': redis(
    '8.2.1',
    `role:slave
master_host:10.0.0.5
master_port:6379
master_link_status:down
master_last_io_seconds_ago:-1
master_sync_in_progress:0
slave_read_repl_offset:5000
slave_repl_offset:5000
replica_full_sync_buffer_size:0
replica_full_sync_buffer_peak:0
master_current_sync_attempts:7
master_total_sync_attempts:19
master_link_down_since_seconds:44
total_disconnect_time_sec:101
slave_priority:100
slave_read_only:1
replica_announced:1
connected_slaves:0
${tail('master_failover_state:no-failover\n')}`,
  ),
  valkey: redis(
    '7.2.4',
    `role:master\nconnected_slaves:1\nslave0:${line},type=replica\nreplicas_waiting_psync:0\n${tail('master_failover_state:no-failover\n')}`,
  ).replace('redis_mode', 'server_name:valkey\nvalkey_version:8.0.1\nserver_mode:standalone\nredis_mode'),
  keydb: redis(
    '6.3.4',
    `role:active-replica
master_global_link_status:down
connected_masters:1
master_host:10.0.0.5
master_port:6379
master_link_status:up
master_last_io_seconds_ago:1
master_sync_in_progress:0
slave_repl_offset:5000
master_1_host:10.0.0.7
master_1_port:6379
master_1_link_status:down
master_1_last_io_seconds_ago:-1
master_1_sync_in_progress:0
slave_repl_offset:77
slave_priority:100
slave_read_only:0
connected_slaves:1
slave0:${line}
${tail()}`,
  ).replace('run_id', 'server_threads:2\nrun_id'),
  dragonfly: `# Server
redis_version:7.2.0
dragonfly_version:df-v1.20.1
redis_mode:standalone
uptime_in_seconds:100

# Replication
role:master
connected_slaves:1
slave0:ip=10.0.0.6,port=6380,state=stable_sync,lag=0
master_replid:${ID}
`,
  'dragonfly replica': `# Server
dragonfly_version:df-v1.20.1

# Replication
role:replica
master_host:10.0.0.5
master_port:6379
master_link_status:up
master_last_io_seconds_ago:0
master_sync_in_progress:0
`,
  kvrocks: `# Server
version:2.8.0
kvrocks_version:2.8.0

# Replication
role:master
connected_slaves:0
master_repl_offset:10
`,
  elasticache: redis('7.1.0', `role:master\nconnected_slaves:1\nslave0:${line}\n${tail()}`).replace(
    'os:Linux 6.1.0 x86_64',
    'os:Amazon ElastiCache',
  ),
  'a stranger': `# Replication\nrole:leader\nslave0:what,is,this\nslave1:\nmaster_repl_offset:many\nrepl_backlog_active:maybe\n`,
} as const;
