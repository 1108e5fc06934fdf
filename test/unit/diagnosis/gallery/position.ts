/** Gallery: ids, offsets, refused partial resyncs, and how the master counts us. */
import { ascii } from '../../../../src/core/base/bytes.js';
import { bulk, command, EMPTY_RDB, fullSync, REPLID } from '../../../support/fake-master.js';
import { config, type WireScript } from '../../../support/wire-master.js';
import { a, homeMadeInfo, info, inTurn, sync, type Case } from './case.js';

const OTHER = 'f'.repeat(40);
const at = (
  offset: number,
  replid = REPLID,
): { aim: { replid: ReturnType<typeof ascii>; offset: number } } => ({
  aim: { replid: ascii(replid), offset },
});
/** INFO of a master at 5000 whose backlog begins at 4001. */
const busy = (fields: Readonly<Record<string, string | number>> = {}): string =>
  info({
    master_repl_offset: 5000,
    repl_backlog_first_byte_offset: 4001,
    repl_backlog_histlen: 1000,
    ...fields,
  });
const full = fullSync(EMPTY_RDB, 5000);
const noBacklog = {
  master_repl_offset: 5000,
  repl_backlog_active: 0,
  repl_backlog_first_byte_offset: 0,
  repl_backlog_histlen: 0,
};
const LISTED = homeMadeInfo(
  'connected_slaves:1\r\nslave0:ip=10.0.0.7,port=6380,state=online,offset=0,lag=0\r\n',
);
/** A home-made master that answers INFO so. */
const telling =
  (...infos: readonly string[]): (() => WireScript) =>
  () => ({
    on: { psync: sync(fullSync()), info: inTurn(...infos) },
  });
const SENTINEL = 'id=9 addr=10.0.0.9:40001 name=sentinel-0123456789abcdef-cmd flags=N cmd=ping\n';

const SET = (value: string): string => command('SET', 'key', value);
const WRITES = command('SELECT', '0') + SET('one') + SET('two');

/** A home-made master that counts, and continues this many bytes behind the one that was asked for. */
function shifted(by: number, continues: (asked: number) => boolean = () => true): WireScript {
  let streamed = 0;
  return {
    on: {
      info: () => homeMadeInfo('', streamed),
      psync: (args) => {
        if (args[1] !== '?') {
          if (!continues(Number(args[2]))) return fullSync(EMPTY_RDB, streamed);
          return `+CONTINUE ${REPLID}\r\n${WRITES.slice(0, streamed).slice(Number(args[2]) - 1 + by)}`;
        }
        streamed = WRITES.length;
        return fullSync() + WRITES;
      },
    },
  };
}
/** A home-made master that counts, and sends these bytes to whoever continues at another position than the last. */
function continuing(bytes: string): WireScript {
  let streamed = 0;
  return {
    on: {
      info: () => homeMadeInfo('', streamed),
      psync: (args) => {
        if (args[1] !== '?') return `+CONTINUE ${REPLID}\r\n${Number(args[2]) > streamed ? '' : bytes}`;
        streamed = WRITES.length;
        return fullSync() + WRITES;
      },
    },
  };
}

/** The same as `shifted`, with everything streamed already. */
const shiftedAt = (by: number): WireScript => ({
  on: {
    info: homeMadeInfo('', WRITES.length),
    psync: (args) => `+CONTINUE ${REPLID}\r\n${WRITES.slice(Number(args[2]) - 1 + by)}`,
  },
});
const FOLLOWED = { follow: { count: 3 } };
/** A real master whose backlog holds these writes, continued there. */
const backlog: WireScript = {
  on: {
    psync: (args) => `+CONTINUE ${REPLID}\r\n${WRITES.slice(Number(args[2]) - 1)}`,
    info: info({ master_repl_offset: WRITES.length, repl_backlog_histlen: WRITES.length }),
  },
};

export const POSITION_CASES: readonly Case[] = [
  a('', 'a good full sync', {}),
  a('', 'a good probe', {}, { aim: 'probe' }),
  a('', 'nothing but the introduction', {}, { aim: 'none' }),
  a('', 'a position that is continued', { on: { info: busy() } }, at(4500)),
  a('replid-not-hex', 'capital letters', {
    on: { psync: sync(`+FULLRESYNC ${'Z'.repeat(40)} 0\r\n$88\r\n${EMPTY_RDB}`) },
  }),
  a('fullresync-other-id', 'a new id each time', {
    on: {
      info: homeMadeInfo(),
      psync: (_args, c) => `+FULLRESYNC ${String(c.port).repeat(8)} 0\r\n$88\r\n${EMPTY_RDB}`,
    },
  }),
  a('bare-continue', 'to a probe', { on: { psync: '+CONTINUE\r\n' } }, { aim: 'probe' }),
  a(
    '',
    'a bare +CONTINUE without psync2',
    { on: { psync: '+CONTINUE\r\n' } },
    { aim: 'probe', capa: ['eof'] },
  ),
  a('continue-wrong-id', 'a short id', { on: { psync: '+CONTINUE abc\r\n' } }, { aim: 'probe' }),
  a(
    'continue-new-id',
    'after a promotion',
    {
      on: {
        psync: `+CONTINUE ${OTHER}\r\n`,
        info: busy({ master_replid: OTHER, master_replid2: REPLID, second_repl_offset: 4800 }),
      },
    },
    at(4500),
  ),
  a(
    'probe-needs-backlog',
    'no replica yet',
    { on: { info: info({ repl_backlog_active: 0 }) } },
    { aim: 'probe' },
  ),
  a('probe-got-fullresync', 'to a probe', { on: { psync: () => fullSync() } }, { aim: 'probe' }),
  a('probe-got-fullresync', 'a home-made master', { on: { info: homeMadeInfo(), psync: () => fullSync() } }),
  a(
    'probe-got-fullresync',
    'a position that the backlog holds',
    { on: { psync: full, info: busy() } },
    at(4500),
  ),
  a('', 'a home-made master that continues where it is asked to', () => shifted(0), FOLLOWED),
  a('continue-ignores-offset', 'nothing of what was missed', () => continuing(''), FOLLOWED),
  a('continue-ignores-offset', 'the whole stream again', () => continuing(WRITES), FOLLOWED),
  a('continue-ignores-offset', 'what is written now', () => continuing(SET('three')), FOLLOWED),
  a('', 'no backlog, and a full sync for it', () => shifted(0, (asked) => asked > WRITES.length), FOLLOWED),
  a('continue-off-by-one', 'a byte early', () => shifted(-1), FOLLOWED),
  a('continue-off-by-one', 'a byte late', () => shifted(1), FOLLOWED),
  a(
    'continue-off-by-one',
    'a byte late, and none for who has all',
    () => shifted(1, (asked) => asked <= WRITES.length),
    FOLLOWED,
  ),
  a('continue-off-by-one', 'a byte early, to a probe', shiftedAt(-1), { aim: 'probe' }),
  a('', 'a probe of one that continues rightly', shiftedAt(0), { aim: 'probe' }),
  a('offset-inside-command', 'the last byte held', backlog, at(23)),
  a('offset-inside-command', 'the last byte held, followed', backlog, { ...at(23), follow: { count: 2 } }),
  a('offset-inside-command', 'somewhere', backlog, { ...at(30), follow: { forMs: 500 } }),
  a('offset-inside-command', 'a byte too many, of a home-made master', shiftedAt(0), at(25)),
  a('', 'the first byte wanted', backlog, { ...at(24), follow: { count: 2 } }),
  a(
    'first-replica',
    'an id of before',
    { on: { psync: full, info: info({ ...noBacklog, sync_full: 0 }) } },
    at(1),
  ),
  a(
    'backlog-expired',
    'an hour alone',
    { on: { psync: full, info: info({ ...noBacklog, sync_full: 4 }) } },
    at(4500, OTHER),
  ),
  a('resync-other-history', 'another master', { on: { psync: full, info: busy() } }, at(4500, OTHER)),
  a(
    'resync-other-history',
    'a restart',
    { on: { psync: full, info: info({ ...noBacklog, sync_full: 0 }) } },
    at(4500, OTHER),
  ),
  a(
    'resync-beyond-promotion',
    '14 bytes ahead of the new master',
    { on: { psync: full, info: busy({ master_replid2: OTHER, second_repl_offset: 4801 }) } },
    at(4815, OTHER),
  ),
  a('resync-ahead', 'GETACK counted twice', { on: { psync: full, info: busy() } }, at(5038)),
  a('resync-behind-backlog', 'away for too long', { on: { psync: full, info: busy() } }, at(4000)),
  a('listed-under-other-address', 'NAT', {
    on: {
      info: info({ connected_slaves: 1, slave0: 'ip=172.17.0.1,port=6380,state=online,offset=0,lag=0' }),
    },
  }),
  a('', 'listed as it comes', {
    on: { info: info({ connected_slaves: 1, slave0: 'ip=10.0.0.7,port=6380,state=online,offset=0,lag=0' }) },
  }),
  a('closed-replicas-stay-listed', 'for ever', telling(homeMadeInfo(), LISTED)),
  a('', 'listed a moment longer', telling(homeMadeInfo(), LISTED, LISTED, homeMadeInfo())),
  a('', 'listed before we came', telling(LISTED)),
  a('sentinel-watches', 'one', { on: { client: bulk(SENTINEL) } }),
  a('', 'a Sentinel, and the target is a replica', {
    on: { client: bulk(SENTINEL), info: info({ role: 'slave', master_host: '10.0.0.9', master_port: 6379 }) },
  }),
  a('counts-for-min-replicas', 'two wanted', { on: { config: config({ 'min-replicas-to-write': '2' }) } }),
];
