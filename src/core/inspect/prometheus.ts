/**
 * A report as metrics in the text format of Prometheus. What redis_exporter has too is named as it names it, so that its
 * dashboards and alerts go on working; what only we know begins with `redis_inspect_`. Pure.
 */
import { FINDING_IDS } from './findings/catalogue.js';
import { type LinkReport, type Report } from './model.js';

type Labels = Readonly<Record<string, string | number | undefined>>;
type Value = number | boolean | undefined;

interface Metric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly values: readonly (readonly [Labels, Value])[];
}

const STATUS_HELP = '0 fine, 1 warning, 2 critical, 3 could not be found out.';

const one = (value: Value): Metric['values'] => [[{}, value]];

/** All metrics, ending with a newline. A value that is not known is left out, never 0. */
export function prometheusText(report: Report): string {
  const lines: string[] = [];
  for (const { name, type, help, values } of metricsOf(report)) {
    const known = values.filter(([, value]) => value !== undefined);
    if (known.length === 0) continue;
    lines.push(`# HELP redis_${name} ${help}`, `# TYPE redis_${name} ${type}`);
    for (const [labels, value] of known) lines.push(`redis_${name}${labelText(labels)} ${Number(value)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** When nothing could be found out: the same series as when it could. */
export function prometheusDown(): string {
  return [
    '# HELP redis_up Whether the server could be asked.',
    '# TYPE redis_up gauge',
    'redis_up 0',
    `# HELP redis_inspect_status ${STATUS_HELP}`,
    '# TYPE redis_inspect_status gauge',
    'redis_inspect_status 3',
    '',
  ].join('\n');
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function metricsOf(report: Report): Metric[] {
  return [
    ...exporterMetrics(report),
    ...replicaMetrics(report),
    ...linkMetrics(report),
    ...ownMetrics(report),
  ];
}

function exporterMetrics({ server, backlog, syncs, replicas, info }: Report): Metric[] {
  const gauge = (name: string, help: string, value: Value): Metric => ({
    name,
    type: 'gauge',
    help,
    values: one(value),
  });
  const connected = info.find(({ name }) => name === 'connected_slaves')?.value;
  const labels = {
    role: server.role,
    redis_version: server.version,
    redis_mode: server.mode,
    run_id: server.runId,
  };
  return [
    gauge('up', 'Whether the server could be asked.', 1),
    { name: 'instance_info', type: 'gauge', help: 'Information about the server.', values: [[labels, 1]] },
    gauge('uptime_in_seconds', 'Seconds since the server started.', server.uptimeSeconds),
    gauge(
      'connected_slaves',
      'Connected replicas.',
      connected === undefined ? replicas.length : Number(connected),
    ),
    gauge('master_repl_offset', 'Bytes of the replication stream so far.', server.offset),
    gauge(
      'second_repl_offset',
      'Up to which offset the second replication id is valid.',
      server.secondOffset,
    ),
    gauge('repl_backlog_is_active', 'Whether there is a backlog.', backlog.active),
    gauge('replication_backlog_bytes', 'Size of the backlog.', backlog.sizeBytes),
    gauge('repl_backlog_first_byte_offset', 'Oldest offset in the backlog.', backlog.firstByteOffset),
    gauge('repl_backlog_history_bytes', 'Bytes in the backlog.', backlog.histlenBytes),
    gauge('replica_resyncs_full', 'Full syncs with replicas.', syncs.full),
    gauge('replica_partial_resync_accepted', 'Partial resyncs served.', syncs.partialAccepted),
    gauge('replica_partial_resync_denied', 'Partial resyncs refused.', syncs.partialRefused),
  ];
}

function replicaMetrics({ replicas }: Report): Metric[] {
  const each = (
    name: string,
    help: string,
    value: (replica: Report['replicas'][number]) => Value,
  ): Metric => ({
    name,
    type: 'gauge',
    help,
    values: replicas.map((replica) => {
      const { announced, state } = replica;
      return [{ slave_ip: announced.ip, slave_port: announced.port, slave_state: state }, value(replica)];
    }),
  });
  return [
    each('connected_slave_offset_bytes', 'Offset that the replica acknowledged.', ({ offset }) => offset),
    each(
      'connected_slave_lag_seconds',
      'Age of the last ACK of the replica.',
      ({ ackAgeSeconds }) => ackAgeSeconds,
    ),
    each(
      'inspect_replica_behind_bytes',
      'Bytes of the stream that the replica lacks.',
      ({ behindBytes }) => behindBytes,
    ),
    each(
      'inspect_replica_behind_seconds',
      'The same at the rate of the stream.',
      ({ behindSeconds }) => behindSeconds,
    ),
    each('inspect_replica_output_bytes', 'Output buffer of the replica.', ({ outputBytes }) => outputBytes),
    each(
      'inspect_replica_output_limit_bytes',
      'Where its link is dropped; 0: never.',
      ({ outputLimitBytes }) => outputLimitBytes,
    ),
    each('inspect_replica_link_seconds', 'Age of its connection.', ({ linkSeconds }) => linkSeconds),
  ];
}

function linkMetrics({ link, otherLinks = [] }: Report): Metric[] {
  const links = link ? [link, ...otherLinks] : [];
  const each = (name: string, help: string, value: (link: LinkReport) => Value): Metric => ({
    name,
    type: 'gauge',
    help,
    values: links.map((each) => [
      { master_host: each.master.host, master_port: each.master.port },
      value(each),
    ]),
  });
  return [
    each('master_link_up', 'Whether the link to the master is up.', ({ up }) => up),
    each(
      'master_last_io_seconds_ago',
      'Since the master was last heard.',
      ({ lastIoSecondsAgo }) => lastIoSecondsAgo,
    ),
    each(
      'master_sync_in_progress',
      'Whether a full sync is received.',
      ({ transfer }) => transfer !== undefined,
    ),
    each('slave_repl_offset', 'Offset that this replica applied.', ({ offset }) => offset),
    each('slave_priority', 'replica-priority.', ({ priority }) => priority),
    each(
      'inspect_master_behind_bytes',
      "Bytes behind the master's offset.",
      ({ behindBytes }) => behindBytes,
    ),
    each('inspect_master_link_down_seconds', 'Since the link broke.', ({ downSeconds }) => downSeconds),
  ];
}

const SEVERITIES = { info: 0, warning: 1, critical: 2 } as const;
const STATUS = { ok: 0, warning: 1, critical: 2 } as const;

function ownMetrics({ rate, backlog, findings, status, missing, expectedReplicas }: Report): Metric[] {
  const gauge = (name: string, help: string, values: Metric['values']): Metric => ({
    name,
    type: 'gauge',
    help,
    values,
  });
  const present = new Map<string, number>();
  for (const { id, severity } of findings)
    present.set(id, Math.max(present.get(id) ?? 0, SEVERITIES[severity]));
  return [
    gauge(
      'inspect_stream_bytes_per_second',
      'Growth of the offset between two samples.',
      one(rate?.bytesPerSecond),
    ),
    gauge(
      'inspect_backlog_cover_seconds',
      'How long a link may be down before a full sync.',
      one(backlog.coverSeconds),
    ),
    gauge('inspect_status', STATUS_HELP, one(STATUS[status])),
    gauge(
      'inspect_finding',
      'Findings that are there now: 0 info, 1 warning, 2 critical.',
      FINDING_IDS.filter((id) => present.has(id)).map((id) => [{ id }, present.get(id)]),
    ),
    gauge('inspect_expected_replicas', 'Replicas that there should be.', one(expectedReplicas)),
    gauge('inspect_missing', 'Commands that were refused.', one(missing.length)),
  ];
}
