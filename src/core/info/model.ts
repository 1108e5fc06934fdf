/**
 * The INFO model: which sections there are, what each holds, and in which order. The server formats from it (`orderFields`,
 * `format.ts`), `inspect` knows from it what a field is called. Names and order are those of redis 7.2.6
 * server.c:genRedisInfoString; fields that Redis prints only in some states stand where it prints them.
 *
 * A section whose lines are named by data (commandstats, errorstats, keyspace, listeners, modules) has no fixed fields for
 * them: the server appends those lines itself.
 */
import { isWord, lower, type Bytes } from '../base/bytes.js';

/** A value as it is printed: text is ASCII or already Bytes. */
export type InfoValue = string | number | bigint;

/** One `name:value` line. */
export type InfoField = readonly [name: string, value: InfoValue];

/** One section: its title line and its fields, in order. */
export interface InfoSection {
  /** As after `# `, such as `Server`. */
  readonly name: string;
  readonly fields: readonly InfoField[];
}

interface SectionSpec {
  /** As in the title line. */
  readonly title: string;
  /** Other names that INFO takes for it. */
  readonly alias?: string;
  /** `default`: part of a bare INFO and of `all`; `all`: only of `all`; `named`: only when asked for. */
  readonly shown: 'default' | 'all' | 'named';
  readonly fields: readonly string[];
}

/** Every section in the order in which INFO prints them, by the name that INFO takes. */
export const INFO_MODEL = {
  server: {
    title: 'Server',
    shown: 'default',
    fields: [
      'redis_version',
      'redis_git_sha1',
      'redis_git_dirty',
      'redis_build_id',
      'redis_mode',
      'os',
      'arch_bits',
      'monotonic_clock',
      'multiplexing_api',
      'atomicvar_api',
      'gcc_version',
      'process_id',
      'process_supervised',
      'run_id',
      'tcp_port',
      'server_time_usec',
      'uptime_in_seconds',
      'uptime_in_days',
      'hz',
      'configured_hz',
      'lru_clock',
      'executable',
      'config_file',
      'io_threads_active',
      'shutdown_in_milliseconds',
    ],
  },
  clients: {
    title: 'Clients',
    shown: 'default',
    fields: [
      'connected_clients',
      'cluster_connections',
      'maxclients',
      'client_recent_max_input_buffer',
      'client_recent_max_output_buffer',
      'blocked_clients',
      'tracking_clients',
      'clients_in_timeout_table',
      'total_blocking_keys',
      'total_blocking_keys_on_nokey',
    ],
  },
  memory: {
    title: 'Memory',
    shown: 'default',
    fields: [
      'used_memory',
      'used_memory_human',
      'used_memory_rss',
      'used_memory_rss_human',
      'used_memory_peak',
      'used_memory_peak_human',
      'used_memory_peak_perc',
      'used_memory_overhead',
      'used_memory_startup',
      'used_memory_dataset',
      'used_memory_dataset_perc',
      'allocator_allocated',
      'allocator_active',
      'allocator_resident',
      'total_system_memory',
      'total_system_memory_human',
      'used_memory_lua',
      'used_memory_vm_eval',
      'used_memory_lua_human',
      'used_memory_scripts_eval',
      'number_of_cached_scripts',
      'number_of_functions',
      'number_of_libraries',
      'used_memory_vm_functions',
      'used_memory_vm_total',
      'used_memory_vm_total_human',
      'used_memory_functions',
      'used_memory_scripts',
      'used_memory_scripts_human',
      'maxmemory',
      'maxmemory_human',
      'maxmemory_policy',
      'allocator_frag_ratio',
      'allocator_frag_bytes',
      'allocator_rss_ratio',
      'allocator_rss_bytes',
      'rss_overhead_ratio',
      'rss_overhead_bytes',
      'mem_fragmentation_ratio',
      'mem_fragmentation_bytes',
      'mem_not_counted_for_evict',
      'mem_replication_backlog',
      'mem_total_replication_buffers',
      'mem_clients_slaves',
      'mem_clients_normal',
      'mem_cluster_links',
      'mem_aof_buffer',
      'mem_allocator',
      'active_defrag_running',
      'lazyfree_pending_objects',
      'lazyfreed_objects',
    ],
  },
  persistence: {
    title: 'Persistence',
    shown: 'default',
    fields: [
      'loading',
      'async_loading',
      'current_cow_peak',
      'current_cow_size',
      'current_cow_size_age',
      'current_fork_perc',
      'current_save_keys_processed',
      'current_save_keys_total',
      'rdb_changes_since_last_save',
      'rdb_bgsave_in_progress',
      'rdb_last_save_time',
      'rdb_last_bgsave_status',
      'rdb_last_bgsave_time_sec',
      'rdb_current_bgsave_time_sec',
      'rdb_saves',
      'rdb_last_cow_size',
      'rdb_last_load_keys_expired',
      'rdb_last_load_keys_loaded',
      'aof_enabled',
      'aof_rewrite_in_progress',
      'aof_rewrite_scheduled',
      'aof_last_rewrite_time_sec',
      'aof_current_rewrite_time_sec',
      'aof_last_bgrewrite_status',
      'aof_rewrites',
      'aof_rewrites_consecutive_failures',
      'aof_last_write_status',
      'aof_last_cow_size',
      'module_fork_in_progress',
      'module_fork_last_cow_size',
      'aof_current_size',
      'aof_base_size',
      'aof_pending_rewrite',
      'aof_buffer_length',
      'aof_pending_bio_fsync',
      'aof_delayed_fsync',
      'loading_start_time',
      'loading_total_bytes',
      'loading_rdb_used_mem',
      'loading_loaded_bytes',
      'loading_loaded_perc',
      'loading_eta_seconds',
    ],
  },
  stats: {
    title: 'Stats',
    shown: 'default',
    fields: [
      'total_connections_received',
      'total_commands_processed',
      'instantaneous_ops_per_sec',
      'total_net_input_bytes',
      'total_net_output_bytes',
      'total_net_repl_input_bytes',
      'total_net_repl_output_bytes',
      'instantaneous_input_kbps',
      'instantaneous_output_kbps',
      'instantaneous_input_repl_kbps',
      'instantaneous_output_repl_kbps',
      'rejected_connections',
      'sync_full',
      'sync_partial_ok',
      'sync_partial_err',
      'expired_keys',
      'expired_stale_perc',
      'expired_time_cap_reached_count',
      'expire_cycle_cpu_milliseconds',
      'evicted_keys',
      'evicted_clients',
      'total_eviction_exceeded_time',
      'current_eviction_exceeded_time',
      'keyspace_hits',
      'keyspace_misses',
      'pubsub_channels',
      'pubsub_patterns',
      'pubsubshard_channels',
      'latest_fork_usec',
      'total_forks',
      'migrate_cached_sockets',
      'slave_expires_tracked_keys',
      'active_defrag_hits',
      'active_defrag_misses',
      'active_defrag_key_hits',
      'active_defrag_key_misses',
      'total_active_defrag_time',
      'current_active_defrag_time',
      'tracking_total_keys',
      'tracking_total_items',
      'tracking_total_prefixes',
      'unexpected_error_replies',
      'total_error_replies',
      'dump_payload_sanitizations',
      'total_reads_processed',
      'total_writes_processed',
      'io_threaded_reads_processed',
      'io_threaded_writes_processed',
      'reply_buffer_shrinks',
      'reply_buffer_expands',
      'eventloop_cycles',
      'eventloop_duration_sum',
      'eventloop_duration_cmd_sum',
      'instantaneous_eventloop_cycles_per_sec',
      'instantaneous_eventloop_duration_usec',
      'acl_access_denied_auth',
      'acl_access_denied_cmd',
      'acl_access_denied_key',
      'acl_access_denied_channel',
    ],
  },
  replication: {
    title: 'Replication',
    shown: 'default',
    fields: [
      'role',
      'master_host',
      'master_port',
      'master_link_status',
      'master_last_io_seconds_ago',
      'master_sync_in_progress',
      'slave_read_repl_offset',
      'slave_repl_offset',
      'master_sync_total_bytes',
      'master_sync_read_bytes',
      'master_sync_left_bytes',
      'master_sync_perc',
      'master_sync_last_io_seconds_ago',
      'master_link_down_since_seconds',
      'slave_priority',
      'slave_read_only',
      'replica_announced',
      'connected_slaves',
      'min_slaves_good_slaves',
      'master_failover_state',
      'master_replid',
      'master_replid2',
      'master_repl_offset',
      'second_repl_offset',
      'repl_backlog_active',
      'repl_backlog_size',
      'repl_backlog_first_byte_offset',
      'repl_backlog_histlen',
    ],
  },
  cpu: {
    title: 'CPU',
    shown: 'default',
    fields: [
      'used_cpu_sys',
      'used_cpu_user',
      'used_cpu_sys_children',
      'used_cpu_user_children',
      'used_cpu_sys_main_thread',
      'used_cpu_user_main_thread',
    ],
  },
  modules: { title: 'Modules', alias: 'module_list', shown: 'default', fields: [] },
  commandstats: { title: 'Commandstats', shown: 'all', fields: [] },
  errorstats: { title: 'Errorstats', shown: 'default', fields: [] },
  latencystats: { title: 'Latencystats', shown: 'all', fields: [] },
  cluster: { title: 'Cluster', shown: 'default', fields: ['cluster_enabled'] },
  keyspace: { title: 'Keyspace', shown: 'default', fields: [] },
  debug: {
    title: 'Debug',
    shown: 'named',
    fields: [
      'eventloop_duration_aof_sum',
      'eventloop_duration_cron_sum',
      'eventloop_duration_max',
      'eventloop_cmd_per_cycle_max',
    ],
  },
} as const satisfies Record<string, SectionSpec>;

export type InfoSectionName = keyof typeof INFO_MODEL;

/** The names of the fixed fields of section `S`. */
export type InfoFieldName<S extends InfoSectionName> = (typeof INFO_MODEL)[S]['fields'][number];

const NAMES = Object.keys(INFO_MODEL) as InfoSectionName[];

/**
 * The sections that `INFO <args>` prints, in the order of the reply; an unknown name selects nothing. `module_list` is what a
 * bare INFO asks for; `modules` and `everything` also ask for what the modules themselves report.
 * redis 7.2.6 server.c:genInfoSectionDict.
 */
export function selectSections(args: readonly Bytes[]): InfoSectionName[] {
  const wanted = new Set<string>();
  const add = (shown: readonly SectionSpec['shown'][]) => {
    for (const name of NAMES) if (shown.includes(INFO_MODEL[name].shown)) wanted.add(name);
  };
  if (args.length === 0) add(['default']);
  for (const arg of args) {
    if (isWord(arg, 'default')) add(['default']);
    else if (isWord(arg, 'all') || isWord(arg, 'everything')) add(['default', 'all']);
    else wanted.add(lower(arg));
  }
  return NAMES.filter((name) => {
    const spec: SectionSpec = INFO_MODEL[name];
    return wanted.has(name) || (spec.alias !== undefined && wanted.has(spec.alias));
  });
}

/** The fields of `section` that have a value, in Redis's order; the compiler checks their names. */
export function orderFields<S extends InfoSectionName>(
  section: S,
  values: { readonly [name in InfoFieldName<S>]?: InfoValue },
): InfoField[] {
  const fields: InfoField[] = [];
  const names = INFO_MODEL[section].fields as readonly InfoFieldName<S>[];
  for (const name of names) {
    const value: InfoValue | undefined = values[name];
    if (value !== undefined) fields.push([name, value]);
  }
  return fields;
}

/** Fields of several parts of the server in Redis's order; those that have no fixed place come last, as they were given. */
export function sortFields(section: InfoSectionName, fields: readonly InfoField[]): InfoField[] {
  const names: readonly string[] = INFO_MODEL[section].fields;
  const place = ([name]: InfoField) => {
    const at = names.indexOf(name);
    return at < 0 ? names.length : at;
  };
  return [...fields].sort((a, b) => place(a) - place(b));
}
