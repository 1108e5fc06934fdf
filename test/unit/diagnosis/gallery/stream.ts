/** Gallery: the stream after the snapshot. */
import { command, EMPTY_RDB, fullSync, REPLID } from '../../../support/fake-master.js';
import { type WireAnswer, type WireScript } from '../../../support/wire-master.js';
import { a, info, inTurn, sync, type Case } from './case.js';

const PING = command('PING');
const SELECT = command('SELECT', '0');
const SET = command('SET', 'a', '1');
const streamed = (
  bytes: string,
  offset = bytes.length,
  more: Readonly<Record<string, string | number>> = {},
): WireScript => ({
  on: { psync: sync(fullSync() + bytes), info: info({ master_repl_offset: offset, ...more }) },
});
const count = (n: number): { follow: { count: number } } => ({ follow: { count: n } });
const forMs = (ms: number): { follow: { forMs: number } } => ({ follow: { forMs: ms } });
/** A good sync whose link is closed after so long. */
const closesAfter =
  (ms: number): WireAnswer =>
  (args, c) => {
    if (args[1] !== '?') return `+CONTINUE ${REPLID}\r\n`;
    c.after(ms, () => c.close());
    return fullSync();
  };

/** A master that tells an offset so much too large, and counts its stream rightly. */
const offBy = (more: number): WireScript => ({
  on: {
    psync: sync(fullSync(EMPTY_RDB, more) + SELECT + SET),
    info: inTurn(info({ master_repl_offset: 0 }), info({ master_repl_offset: (SELECT + SET).length })),
  },
});

/** A master at 0 that has counted so much when SELECT and SET are read. */
const counting = (counted: number): WireScript => ({
  on: {
    psync: sync(fullSync() + SELECT + SET),
    info: inTurn(info({ master_repl_offset: 0 }), info({ master_repl_offset: counted })),
  },
});

export const STREAM_CASES: readonly Case[] = [
  a('', 'a good stream', streamed(SELECT + SET + PING), count(3)),
  a('', 'a quiet master', streamed('', 0), forMs(3000)),
  a('', 'no SELECT where there is one database', streamed(SET), count(1)),
  a('offset-never-moves', 'always 0', streamed(SELECT + SET, 0), count(2)),
  a('offset-counts-too-little', 'commands', () => counting(2), count(2)),
  a('offset-counts-too-little', 'the arguments alone', () => counting(12), count(2)),
  a('offset-counts-too-little', 'no SELECT', () => counting(SET.length), count(2)),
  a('', 'every byte', () => counting((SELECT + SET).length), count(2)),
  a('', 'more than we waited for', () => counting((SELECT + SET + PING).length), count(2)),
  a('', 'a command that is cut off when the time is over', streamed(SET.slice(0, 12), 27), forMs(1500)),
  a('stream-not-commands', 'a reply', streamed('+OK\r\n', 0), forMs(200)),
  a('stream-not-commands', 'a reply after a command', streamed(`${PING}+OK\r\n`, 14), forMs(200)),
  a('stream-not-commands', 'log text', streamed('saved to disk\r\n', 0), forMs(200)),
  a('snapshot-trailing-crlf', 'before the stream', streamed(`\r\n${PING}`, 14), count(1)),
  a('stream-stray-newline', 'between commands', streamed(`${PING}\r\n${PING}`, 28), count(2)),
  a(
    'stream-without-select',
    'and there is a database 3',
    streamed(SET, 27, { db0: 'keys=1', db3: 'keys=9' }),
    count(1),
  ),
  a('stream-withheld', 'counted and not sent', streamed('', 400), forMs(3000)),
  a('stream-closed', 'after a second', { on: { psync: closesAfter(1000), info: info() } }, forMs(5000)),
  a(
    'closed-behind-snapshot',
    'while the stream is awaited',
    { on: { psync: closesAfter(1), info: info() } },
    forMs(5000),
  ),
  a('closed-behind-snapshot', 'without --follow', { on: { psync: closesAfter(1), info: info() } }),
  a('fullresync-offset-differs', '100 for 0, and then it counts', () => offBy(100), count(2)),
  a('fullresync-offset-differs', '10 for 0, and then it counts', () => offBy(10), count(2)),
  a('fullresync-offset-differs', '100 for 0, without a stream', () => ({
    on: { psync: sync(fullSync(EMPTY_RDB, 100)), info: info({ master_repl_offset: 0 }) },
  })),
  a(
    'stream-closed',
    'after repl-timeout, because we are silent',
    { on: { psync: closesAfter(60_000), info: info() } },
    forMs(90_000),
  ),
  a(
    'sentinel-hello-in-stream',
    'a watched master',
    streamed(
      SELECT + command('PUBLISH', '__sentinel__:hello', '10.0.0.9,26379,abc,0,mymaster,10.0.0.5,6379,0'),
    ),
    count(2),
  ),
];
