/** Rules about the state of the server that decides whether replication can work at all: disk, memory, clients, loading. */
import { type Draft } from '../model.js';
import { formatBytes, formatCount, formatSeconds } from '../units.js';
import { LIMITS, plural, type Detail } from './rule.js';

export function* loading({ now, text }: Draft): Generator<Detail> {
  if (now('loading') !== 1) return;
  const percent = text('loading_loaded_perc');
  const left = now('loading_eta_seconds');
  const progress = percent === undefined ? '' : `, ${percent}% so far`;
  yield {
    severity: 'critical',
    text:
      `the data set is being loaded${progress}${left === undefined ? '' : `, about ${formatSeconds(Math.max(0, left))} to go`}: clients get ` +
      '-LOADING, replicas cannot attach.',
  };
}

export function* snapshotFailed({ text, now, settings }: Draft): Generator<Detail> {
  const status = text('rdb_last_bgsave_status');
  if (status === undefined || status === 'ok') return;
  const refused = settings.stopWritesOnBgsaveError === true && (settings.save ?? '') !== '';
  const unsaved = now('rdb_changes_since_last_save');
  yield {
    severity: refused ? 'critical' : 'warning',
    text:
      `the last BGSAVE failed${unsaved === undefined ? '' : ` (${plural(unsaved, 'change')} not saved)`}: the next full sync needs the same fork and may ` +
      `fail, too.${refused ? ' Writes, and PING, are refused with -MISCONF meanwhile.' : ''}`,
    advice:
      'The log says why (disk, rights of its folder, memory for the fork: vm.overcommit_memory). Then try:',
    commands: ['CONFIG GET dir', 'BGSAVE'],
  };
}

export function* aofWriteFailed({ text }: Draft): Generator<Detail> {
  const status = text('aof_last_write_status');
  if (status === undefined || status === 'ok') return;
  yield {
    severity: 'critical',
    text: 'the last write to the AOF failed: writes are refused with -MISCONF until the disk takes them again.',
    advice: 'Free space where it lies:',
    commands: ['CONFIG GET dir'],
  };
}

export function* slowFork({ now }: Draft): Generator<Detail> {
  const us = now('latest_fork_usec') ?? 0;
  if (us <= LIMITS.slowForkUs) return;
  const used = now('used_memory');
  yield {
    severity: 'warning',
    text:
      `the last fork took ${formatSeconds(us / 1e6)}${used === undefined ? '' : ` (${formatBytes(used)} of data)`}: the server stands still for that ` +
      'long at every full sync, BGSAVE and AOF rewrite.',
    advice: 'Switch transparent huge pages off, and keep replicas from doing full syncs (a larger backlog).',
  };
}

export function* nearMaxclients({ now }: Draft): Generator<Detail> {
  const limit = now('maxclients') ?? 0;
  const clients = now('connected_clients') ?? 0;
  if (limit === 0 || clients < LIMITS.clientsWarnShare * limit) return;
  yield {
    severity: clients >= LIMITS.clientsCriticalShare * limit ? 'critical' : 'warning',
    text:
      `${formatCount(clients)} clients of ${formatCount(limit)} allowed (${Math.floor((clients / limit) * 100)}%): at the limit a replica ` +
      'that comes back is turned away like anybody else.',
    advice: 'Find the client that leaks connections (CLIENT LIST), or:',
    commands: [`CONFIG SET maxclients ${2 * limit}`],
  };
}

export function* memoryFull({ now, text, link }: Draft): Generator<Detail> {
  const limit = now('maxmemory') ?? 0;
  const counted = (now('used_memory') ?? 0) - (now('mem_not_counted_for_evict') ?? 0);
  const policy = text('maxmemory_policy') ?? 'noeviction';
  if (limit === 0 || link || policy !== 'noeviction' || counted < LIMITS.memoryWarnShare * limit) return;
  const full = counted >= limit;
  yield {
    severity: full ? 'critical' : 'warning',
    text:
      `${formatBytes(counted)} of ${formatBytes(limit)} maxmemory used (${Math.floor((counted / limit) * 100)}%), and nothing is evicted: ` +
      (full ? 'writes are refused with -OOM.' : 'at the limit writes are refused with -OOM.'),
    advice: 'If the machine has room:',
    commands: [`CONFIG SET maxmemory ${Math.ceil((counted * 1.5) / 1024 ** 2)}mb`],
  };
}

export function* replicationMemory({ now, backlog, replicas }: Draft): Generator<Detail> {
  const limit = now('maxmemory') ?? 0;
  const buffers =
    now('mem_total_replication_buffers') ?? (now('mem_clients_slaves') ?? 0) + (backlog.sizeBytes ?? 0);
  if (limit === 0 || buffers < LIMITS.replicationMemoryShare * limit) return;
  const share = Math.floor((buffers / limit) * 100);
  yield {
    severity: 'warning',
    text:
      `replication holds ${formatBytes(buffers)} in the backlog and the output buffers of ${plural(replicas.length, 'replica')}: ${share}% of ` +
      `maxmemory (${formatBytes(limit)}), on top of the data.`,
    advice: `Plan the machine for at least ${formatBytes(limit + 2 * buffers)}, or find the replica that reads slowly.`,
  };
}
