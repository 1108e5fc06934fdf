/**
 * The values of INFO, section by section; names and order are the model's (info/model.ts).
 *
 * Fields that have no meaning without fork or jemalloc are left out rather than invented. INFO memory has a module of its own.
 */
import { type Bytes } from '../base/bytes.js';
import { type InfoField, type InfoSection } from '../info/format.js';
import { INFO_MODEL, orderFields, selectSections, sortFields, type InfoSectionName } from '../info/model.js';
import { type Engine } from './engine.js';
import { memoryFields } from './memory-overview.js';
import { REDIS_VERSION } from './version.js';

/** What one part of the server has to say in a section; `orderFields` makes it of named values. */
export type InfoProvider = () => readonly InfoField[];

/** Every section of INFO with those who provide its fields. Each part of the server registers its own. */
export class InfoReport {
  private readonly providers = new Map<InfoSectionName, InfoProvider[]>();

  provide(section: InfoSectionName, provider: InfoProvider): void {
    const providers = this.providers.get(section);
    if (providers === undefined) this.providers.set(section, [provider]);
    else providers.push(provider);
  }

  /** The sections that `INFO <args>` asks for. */
  sections(args: readonly Bytes[]): InfoSection[] {
    return selectSections(args).map((name) => ({ name: INFO_MODEL[name].title, fields: this.fields(name) }));
  }

  private fields(section: InfoSectionName): readonly InfoField[] {
    const providers = this.providers.get(section) ?? [];
    if (providers.length === 1) return providers[0]();
    return sortFields(
      section,
      providers.flatMap((provider) => provider()),
    );
  }
}

const OWN: { readonly [S in InfoSectionName]?: (engine: Engine) => readonly InfoField[] } = {
  server: serverFields,
  clients: clientFields,
  memory: memoryFields,
  persistence: (engine) => engine.persistence.info(),
  stats: statsFields,
  replication: (engine) => engine.replication.info(),
  cpu: cpuFields,
  commandstats: commandFields,
  errorstats: (engine) => [...engine.stats.errors].map(([code, n]) => [`errorstat_${code}`, `count=${n}`]),
  latencystats: latencyFields,
  cluster: () => orderFields('cluster', { cluster_enabled: 0 }),
  keyspace: keyspaceFields,
  debug: debugFields,
};

/** The report with what the engine itself knows. */
export function newInfoReport(engine: Engine): InfoReport {
  const report = new InfoReport();
  for (const section of Object.keys(OWN) as InfoSectionName[]) {
    const own = OWN[section];
    if (own !== undefined) report.provide(section, () => own(engine));
  }
  return report;
}

function serverFields(engine: Engine): InfoField[] {
  const { host, clock, config } = engine;
  const upSeconds = Math.floor((clock.nowMs() - engine.startedMs) / 1000);
  const shutdownLeftMs = engine.shutdownLeftMs();
  return orderFields('server', {
    redis_version: REDIS_VERSION,
    redis_git_sha1: '00000000',
    redis_git_dirty: 0,
    redis_build_id: 'redis-ts',
    redis_mode: 'standalone',
    os: host.os,
    arch_bits: 64,
    monotonic_clock: 'node',
    multiplexing_api: 'libuv',
    process_id: host.pid,
    process_supervised: 'no',
    run_id: engine.runId,
    tcp_port: engine.tcpPort,
    server_time_usec: clock.nowUs(),
    uptime_in_seconds: upSeconds,
    uptime_in_days: Math.floor(upSeconds / 86_400),
    hz: config.values.hz,
    configured_hz: config.values.hz,
    lru_clock: Math.floor(clock.nowMs() / 1000) & 0xffffff,
    executable: host.executable,
    config_file: engine.configFile,
    io_threads_active: 0,
    ...(shutdownLeftMs !== undefined && { shutdown_in_milliseconds: shutdownLeftMs }),
  });
}

function clientFields(engine: Engine): InfoField[] {
  const { clients, blocking, config } = engine;
  let maxInput = 0;
  let maxOutput = 0;
  for (const session of clients.list()) {
    maxInput = Math.max(maxInput, session.parser.pendingBytes);
    maxOutput = Math.max(maxOutput, session.outputBytes);
  }
  return orderFields('clients', {
    connected_clients: clients.count - engine.replication.replicaCount,
    cluster_connections: 0,
    maxclients: config.values.maxclients,
    client_recent_max_input_buffer: maxInput,
    client_recent_max_output_buffer: maxOutput,
    blocked_clients: blocking.blockedClients,
    clients_in_timeout_table: blocking.timedClients,
    total_blocking_keys: blocking.blockingKeys,
    total_blocking_keys_on_nokey: blocking.blockingKeysOnNoKey,
  });
}

function statsFields(engine: Engine): InfoField[] {
  const { stats, store } = engine;
  const { bytesIn, bytesOut } = engine.netTotals();
  const exceeded = engine.memory.exceededMs;
  return orderFields('stats', {
    total_connections_received: stats.connections,
    total_commands_processed: stats.totalCommands,
    instantaneous_ops_per_sec: Math.round(stats.opsRate.perSecond()),
    total_net_input_bytes: bytesIn,
    total_net_output_bytes: bytesOut,
    total_net_repl_input_bytes: stats.replIn,
    total_net_repl_output_bytes: stats.replOut,
    instantaneous_input_kbps: (stats.inRate.perSecond() / 1024).toFixed(2),
    instantaneous_output_kbps: (stats.outRate.perSecond() / 1024).toFixed(2),
    rejected_connections: stats.rejectedConnections,
    sync_full: stats.syncFull,
    sync_partial_ok: stats.syncPartialOk,
    sync_partial_err: stats.syncPartialErr,
    expired_keys: store.stats.expired,
    expired_stale_perc: store.stats.expiredStalePercent.toFixed(2),
    expired_time_cap_reached_count: store.stats.expiredTimeCapReached,
    expire_cycle_cpu_milliseconds: Math.floor(store.stats.expireCycleUs / 1000),
    evicted_keys: store.stats.evicted,
    evicted_clients: stats.evictedClients,
    total_eviction_exceeded_time: exceeded.total,
    current_eviction_exceeded_time: exceeded.current,
    keyspace_hits: store.stats.hits,
    keyspace_misses: store.stats.misses,
    latest_fork_usec: 0,
    total_forks: 0,
    migrate_cached_sockets: engine.migration.cachedLinks,
    slave_expires_tracked_keys: store.databases.reduce(
      (sum, { keyspace }) => sum + (keyspace.ownExpiries?.size ?? 0),
      0,
    ),
    unexpected_error_replies: stats.unexpectedErrors,
    total_error_replies: stats.totalErrors,
    eventloop_cycles: stats.loop.cycles,
    eventloop_duration_sum: Math.floor(stats.loop.totalUs),
    eventloop_duration_cmd_sum: Math.floor(stats.loop.commandUs),
    instantaneous_eventloop_cycles_per_sec: Math.round(stats.cycleRate.perSecond()),
    instantaneous_eventloop_duration_usec: Math.round(
      stats.loopRate.perSecond() / Math.max(stats.cycleRate.perSecond(), 1e-9),
    ),
  });
}

function debugFields({ stats: { loop } }: Engine): InfoField[] {
  return orderFields('debug', {
    eventloop_duration_aof_sum: 0,
    eventloop_duration_cron_sum: Math.floor(loop.cronUs),
    eventloop_duration_max: Math.floor(loop.maxUs),
    eventloop_cmd_per_cycle_max: loop.maxCommands,
  });
}

function cpuFields(engine: Engine): InfoField[] {
  const { userSeconds, systemSeconds } = engine.host.cpu();
  return orderFields('cpu', {
    used_cpu_sys: systemSeconds.toFixed(6),
    used_cpu_user: userSeconds.toFixed(6),
    used_cpu_sys_children: '0.000000',
    used_cpu_user_children: '0.000000',
  });
}

/** redis 7.2.6 server.c:fillPercentileDistributionLatencies. */
function latencyFields(engine: Engine): InfoField[] {
  const { stats, commands, config } = engine;
  const percents = config.values.latencyTrackingInfoPercentiles;
  const fields: InfoField[] = [];
  for (const command of commands.byId) {
    const histogram = stats.latencies[command.id];
    if (histogram === undefined) continue;
    const values = percents.map((percent) => `p${percent}=${histogram.percentileUs(percent).toFixed(3)}`);
    fields.push([`latency_percentiles_usec_${command.fullName}`, values.join(',')]);
  }
  return fields;
}

function commandFields(engine: Engine): InfoField[] {
  const { stats, commands } = engine;
  const fields: InfoField[] = [];
  for (const command of commands.byId) {
    const { id } = command;
    const calls = stats.calls[id];
    if (calls === 0 && stats.rejected[id] === 0 && stats.failed[id] === 0) continue;
    const usec = Math.round(stats.micros[id]);
    const perCall = calls === 0 ? '0.00' : (stats.micros[id] / calls).toFixed(2);
    fields.push([
      `cmdstat_${command.fullName}`,
      `calls=${calls},usec=${usec},usec_per_call=${perCall},` +
        `rejected_calls=${stats.rejected[id]},failed_calls=${stats.failed[id]}`,
    ]);
  }
  return fields;
}

function keyspaceFields(engine: Engine): InfoField[] {
  const fields: InfoField[] = [];
  for (const { id, size, keyspace } of engine.store.databases) {
    if (size === 0) continue;
    const averageTtl = Math.round(keyspace.averageTtlMs);
    fields.push([`db${id}`, `keys=${size},expires=${keyspace.expiring},avg_ttl=${averageTtl}`]);
  }
  return fields;
}
