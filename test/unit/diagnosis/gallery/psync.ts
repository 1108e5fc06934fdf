/** Gallery: what is answered to PSYNC. */
import { EMPTY_RDB, fullSync, REPLID } from '../../../support/fake-master.js';
import { config, type WireAnswer, type WireConnection } from '../../../support/wire-master.js';
import { a, info, sync, type Case } from './case.js';

const UNKNOWN_6 = '-ERR unknown command `PSYNC`, with args beginning with: `?`, `-1`, \r\n';
const UNKNOWN_7 = "-ERR unknown command 'PSYNC', with args beginning with: '?' '-1' \r\n";

/** Newlines, one a second; then the answer, if any. */
const beats =
  (count: number, answer?: string): WireAnswer =>
  (args, c) => {
    if (args[1] !== '?') return `+CONTINUE ${REPLID}\r\n`;
    let n = 0;
    const beat = (): void => {
      if (n++ < count) {
        c.send('\n');
        c.after(1000, beat);
      } else if (answer !== undefined) c.send(answer);
    };
    c.after(1000, beat);
    return undefined;
  };

/** Registers a replica under its announced port, looks it up under its source port. */
function keyed(mended: boolean): Record<string, WireAnswer> {
  const registry = new Set<string>();
  return {
    replconf: (args, c) => {
      if (args[1] === 'listening-port') registry.add(mended ? 'nobody' : `${c.host}:${args[2]}`);
      return '+OK\r\n';
    },
    psync: (args, c) => {
      const key = `${c.host}:${c.port}`;
      if (!registry.has(key)) return `-ERR Slave not registered: ${key}\r\n`;
      return sync(fullSync())(args, c);
    },
  };
}

const closing: WireAnswer = (_args, c: WireConnection) => {
  c.close();
  return undefined;
};

const NO_DELAY = { config: config({ 'repl-diskless-sync': 'yes' }) };
const HIDDEN = { config: '-NOPERM no CONFIG for you\r\n' };

export const PSYNC_CASES: readonly Case[] = [
  a('answer-too-many', 'two for one REPLCONF', {
    on: { replconf: (args) => (args[1] === 'capa' ? '+OK\r\n+OK\r\n' : '+OK\r\n') },
  }),
  a('answer-too-many', 'before +FULLRESYNC', { on: { psync: `+OK\r\n${fullSync()}` } }),
  a('fullresync-misspelt', '+FULLSYNC', { on: { psync: `+FULLSYNC ${REPLID} 0\r\n` } }),
  a('fullresync-misspelt', 'small letters', { on: { psync: `+fullresync ${REPLID} 0\r\n` } }),
  a('malformed-fullresync', 'an offset of -1', {
    on: { psync: sync(`+FULLRESYNC ${REPLID} -1\r\n$88\r\n${EMPTY_RDB}`) },
  }),
  a('psync-unknown', 'up to 6.2', { on: { psync: UNKNOWN_6 } }),
  a('psync-unknown', 'since 7.0', { on: { psync: UNKNOWN_7 } }),
  a('command-disallowed', 'by its name', { on: { psync: '-ERR Command disallowed\r\n' } }),
  a('psync-arity', 'an alias of something else', {
    on: { psync: "-ERR wrong number of arguments for 'sync' command\r\n" },
  }),
  a('psync-bad-arguments', '-1 is no number', {
    on: { psync: '-ERR value is not an integer or out of range\r\n' },
  }),
  a('failover-refused', 'to a master', {
    on: { psync: "-ERR PSYNC FAILOVER can't be sent to a master.\r\n" },
  }),
  a('failover-refused', 'another id', {
    on: { psync: '-ERR PSYNC FAILOVER replid must match my replid.\r\n' },
  }),
  a('replica-cannot-command', 'marked too early', {
    on: { psync: "-ERR Replica can't interact with the keyspace\r\n" },
  }),
  a('replica-keyed-by-address', 'by the announced port', () => ({ on: keyed(false) })),
  a('replica-not-registered', 'by something else', () => ({ on: keyed(true) })),
  a('replica-not-registered', 'in other words', { on: { psync: '-ERR unknown replica\r\n' } }),
  a('pending-output', 'too early', {
    on: { psync: '-ERR SYNC and PSYNC are invalid with pending output\r\n' },
  }),
  a('filter-needs-eof', 'a filter', { on: { psync: '-ERR Filtered replica requires EOF capability\r\n' } }),
  a('bgsave-failed', 'no fork', { on: { psync: "-ERR BGSAVE failed, replication can't continue\r\n" } }),
  a('psync-unanswered', 'silence', { on: { psync: () => undefined } }),
  a('psync-unanswered', 'keepalives that stop', { on: { psync: beats(3) } }),
  a('keepalives-forever', 'no child', { on: { psync: beats(1000) } }),
  a('keepalives-forever', 'and no INFO', { on: { psync: beats(1000), info: '-NOPERM no INFO for you\r\n' } }),
  a('other-child-running', 'for ever', {
    on: { psync: beats(1000), info: info({ aof_rewrite_in_progress: 1 }) },
  }),
  a('other-child-running', 'and then it is our turn', {
    on: { psync: beats(8, fullSync()), info: info({ rdb_bgsave_in_progress: 1 }) },
  }),
  a('diskless-delay', 'which CONFIG does not tell', { on: { psync: beats(5, fullSync()), ...HIDDEN } }),
  a('', 'the delay that was announced', { on: { psync: beats(5, fullSync()), ...NO_DELAY } }),
  a('fullresync-wrong-type', 'a bulk string', { on: { psync: sync(`$53\r\nFULLRESYNC ${REPLID} 0\r\n`) } }),
  a('fullresync-wrong-type', 'an error', { on: { psync: sync(`-FULLRESYNC ${REPLID} 0\r\n`) } }),
  a('fullresync-wrong-type', 'no plus sign', { on: { psync: sync(`FULLRESYNC ${REPLID} 0\r\n`) } }),
  a('fullresync-wrong-type', 'the snapshot at once', { on: { psync: sync(`$88\r\n${EMPTY_RDB}`) } }),
  a('fullresync-unended', 'runs into the header', {
    on: { psync: sync(`+FULLRESYNC ${REPLID} 0$88\r\n${EMPTY_RDB}`) },
  }),
  a('malformed-fullresync', 'no offset', {
    on: { psync: sync(`+FULLRESYNC ${REPLID}\r\n$88\r\n${EMPTY_RDB}`) },
  }),
  a('malformed-fullresync', 'a short id', {
    on: { psync: sync(`+FULLRESYNC abc 0\r\n$88\r\n${EMPTY_RDB}`) },
  }),
  a('malformed-fullresync', 'nothing', { on: { psync: sync(`+FULLRESYNC\r\n$88\r\n${EMPTY_RDB}`) } }),
  a('continue-without-request', 'to a question mark', { on: { psync: `+CONTINUE ${REPLID}\r\n` } }),
  a(
    'two-channel-sync',
    'Valkey 8',
    { on: { psync: '+DUALCHANNELSYNC\r\n' } },
    { capa: ['eof', 'psync2', 'dual-channel'] },
  ),
  a(
    'two-channel-sync',
    'Redis 8',
    { on: { psync: '+RDBCHANNELSYNC 7\r\n' } },
    { capa: ['eof', 'psync2', 'rdb-channel-repl'] },
  ),
  a('unknown-answer', 'other words', { on: { psync: '+WELCOME\r\n' } }),
  a('psync-refused', 'an error of its own', { on: { psync: '-EWHAT no idea\r\n' } }),
  a('unknown-answer', 'a close', { on: { psync: closing } }),
];
