/** Variants of the snapshot: its forms, and replicas that want only the snapshot, or none of its data. */
import { type Attempt, Deviation, Skip, shown } from './attempt.js';
import { type Stage } from './stage.js';
import { type Variant } from './variant.js';

/** How long after a snapshot the close of an rdb-only connection may take, in ms. */
const CLOSE_MS = 3000;
/** In the EOF form the stream begins after an ACK; a master that is still busy with its child ignores the first. */
const ACKS = 8;
const ACK_PAUSE_MS = 400;

/** An option of a newer Redis: an older one says that it does not know it. */
async function option(attempt: Attempt, since: string, ...args: readonly string[]): Promise<void> {
  const line = await attempt.replconf(...args);
  if (line === '+OK') return;
  if (line.startsWith('-ERR Unrecognized REPLCONF option')) {
    throw new Skip(`the server does not know ${args[0]} (Redis since ${since} does)`);
  }
  throw new Deviation(`REPLCONF ${args.join(' ')} was answered ${shown(line)}, not +OK`);
}

async function full(attempt: Attempt): Promise<void> {
  const { kind, line } = await attempt.psync('full');
  if (kind !== 'full') throw new Deviation(`PSYNC ? -1 was answered ${shown(line)}`, attempt.evidence);
}

/** In the EOF form a master withholds the stream until the first ACK (redis 7.2.6 replication.c:replconfCommand). */
async function streamBegins(stage: Stage, attempt: Attempt): Promise<void> {
  for (let ack = 0; ack < ACKS; ack++) {
    attempt.say('REPLCONF', 'ACK', String(attempt.offset ?? 0));
    if ((await stage.nudge())?.type !== 'integer') {
      stage.remark = 'WAIT is not answered: whether the stream begins after an ACK was not looked at';
      return;
    }
    if (await attempt.peer.until(() => attempt.peer.queue.length > 0, ACK_PAUSE_MS)) return;
  }
  if (attempt.evidence.snapshot?.form === 'length') {
    stage.remark =
      'the snapshot came with its length, which is allowed; WAIT put nothing into the stream: whether it begins was not looked at';
    return;
  }
  throw new Deviation('after the snapshot in the EOF form and an ACK the stream did not begin');
}

export const SNAPSHOT_VARIANTS: readonly Variant[] = [
  {
    name: 'capa-eof',
    presentDay: true,
    what: 'capa eof: the snapshot may come without a length',
    redis:
      '$EOF:<40 bytes>, the RDB, the same 40 bytes; $<length> when it is not diskless. The stream after an ACK',
    fullSyncs: 1,
    ...{ delayed: true, acknowledges: true },
    run: async (stage) => {
      const attempt = await stage.attach({ capa: ['eof', 'psync2'] }, 'full');
      await attempt.snapshot();
      await streamBegins(stage, attempt);
    },
  },
  {
    name: 'rdb-only',
    what: 'REPLCONF rdb-only 1: a snapshot and no more, as redis-cli --rdb',
    redis: '+FULLRESYNC, the snapshot, then it closes the connection',
    fullSyncs: 1,
    run: async (stage) => {
      const attempt = await stage.open({ capa: ['psync2'] });
      await attempt.introduce();
      await option(attempt, '6.2', 'rdb-only', '1');
      await full(attempt);
      await attempt.snapshot();
      await attempt.peer.within(() => attempt.peer.closed !== undefined, CLOSE_MS);
      if (attempt.peer.closed === undefined) {
        throw new Deviation(
          'after the snapshot of an rdb-only replica the master did not close the connection',
        );
      }
    },
  },
  {
    name: 'rdb-filter-only',
    what: 'REPLCONF rdb-filter-only "": a snapshot without data',
    redis: '+FULLRESYNC, then a snapshot in the EOF form that has no key and no function',
    fullSyncs: 1,
    delayed: true,
    run: async (stage) => {
      const attempt = await stage.open({ capa: ['eof', 'psync2'] });
      await attempt.introduce();
      await option(attempt, '7.0', 'rdb-filter-only', '');
      await full(attempt);
      const { keys, functions } = await attempt.snapshot();
      if (keys + functions === 0) return;
      throw new Deviation(
        `a snapshot without data was asked for, and it has ${keys} keys, ${functions} functions`,
      );
    },
  },
  {
    name: 'filter-without-eof',
    what: 'rdb-filter-only without capa eof',
    redis: '-ERR Filtered replica requires EOF capability',
    fullSyncs: 0,
    run: async (stage) => {
      const attempt = await stage.open({ capa: ['psync2'] });
      await attempt.introduce();
      await option(attempt, '7.0', 'rdb-filter-only', '');
      attempt.say('PSYNC', '?', '-1');
      const line = await attempt.answer('psync');
      if (line === '-ERR Filtered replica requires EOF capability') return;
      throw new Deviation(`PSYNC of a filtered replica without capa eof was answered ${shown(line)}`);
    },
  },
  {
    name: 'sync',
    what: 'SYNC instead of PSYNC, as up to Redis 2.6',
    redis: 'no line at all: $<length> and the whole RDB, then the stream',
    fullSyncs: 1,
    run: async (stage) => {
      const attempt = await stage.open();
      await attempt.introduce();
      attempt.say('SYNC');
      await attempt.peer.until(() => /^\n*[^\n]/.test(attempt.peer.waiting()), stage.env.idleMs);
      const begins = attempt.peer.waiting();
      if (/^\n*[-+]/.test(begins)) throw new Deviation(`SYNC was answered ${shown(begins)}`);
      await attempt.snapshot();
    },
  },
];
