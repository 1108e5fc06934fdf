/** Gallery: the snapshot. */
import { command, EMPTY_RDB, REPLID, TINY_RDB } from '../../../support/fake-master.js';
import { type WireAnswer, type WireScript } from '../../../support/wire-master.js';
import { a, info, inTurn, sync, type Case } from './case.js';

const LINE = `+FULLRESYNC ${REPLID} 0\r\n`;
const MARK = '0123456789abcdef0123456789abcdef01234567';
const of = (bytes: string, on: WireScript['on'] = {}): WireScript => ({
  on: { psync: sync(LINE + bytes), ...on },
});
const sized = (rdb: string, length = rdb.length, after = ''): WireScript =>
  of(`$${length}\r\n${rdb}${after}`);
const eof = (rdb: string, after = MARK): string => `$EOF:${MARK}\r\n${rdb}${after}`;
/** Sends these bytes after the FULLRESYNC line and closes. */
const cut =
  (bytes: string): WireAnswer =>
  (args, c) => {
    if (args[1] !== '?') return `+CONTINUE ${REPLID}\r\n`;
    c.send(LINE + bytes);
    c.close();
    return undefined;
  };
const ZERO = '\0'.repeat(8);
const hex = Buffer.from(TINY_RDB, 'latin1').toString('hex');
const base64 = Buffer.from(TINY_RDB, 'latin1').toString('base64');
/** One key `k` of this type number. */
const typed = (type: number): string => `REDIS0011\xfe\x00${String.fromCharCode(type)}\x01k\x01v\xff${ZERO}`;
const BGSAVE = (status: string, full = 3): string =>
  info({ rdb_last_bgsave_status: status, sync_full: full });
const LIMIT = (n: number): string => info({ client_output_buffer_limit_disconnections: n });
const NO_EOF = { capa: ['psync2'] };

export const SNAPSHOT_CASES: readonly Case[] = [
  a('', 'the length form', sized(EMPTY_RDB)),
  a('', 'the EOF form', of(eof(EMPTY_RDB))),
  a('', 'newlines before it', of(`\n\n\n$88\r\n${EMPTY_RDB}`)),
  a('snapshot-missing', 'the RDB without its header', of(TINY_RDB)),
  a('snapshot-missing', 'commands', of(command('PING'))),
  a('snapshot-missing', 'a reply too many', of(`+OK\r\n$88\r\n${EMPTY_RDB}`)),
  a('snapshot-missing', 'no number', of('$abc\r\n')),
  a('snapshot-refused', 'no space left', of('-ERR no space left\r\n')),
  a('snapshot-refused', 'NOAUTH', of('-NOAUTH Authentication required.\r\n')),
  a('snapshot-never-comes', 'silence', of('')),
  a('snapshot-never-comes', 'a close', { on: { psync: cut('') } }),
  a('snapshot-cut', 'the length form', { on: { psync: cut(`$88\r\n${EMPTY_RDB.slice(0, 40)}`) } }),
  a('snapshot-cut', 'the EOF form', { on: { psync: cut(`$EOF:${MARK}\r\n${EMPTY_RDB.slice(0, 40)}`) } }),
  a('snapshot-cut', 'and others in the same loop', () => ({
    on: { psync: cut(`$88\r\n${EMPTY_RDB.slice(0, 40)}`), info: inTurn(BGSAVE('ok'), BGSAVE('ok', 9)) },
  })),
  a('output-buffer-limit', 'by its counter', () => ({
    on: { psync: cut(`$88\r\n${EMPTY_RDB.slice(0, 40)}`), info: inTurn(LIMIT(1), LIMIT(2)) },
  })),
  a('snapshot-child-died', 'by its last status', () => ({
    on: {
      psync: cut('\n\n'),
      info: inTurn(BGSAVE('ok'), BGSAVE('err')),
    },
  })),
  a('snapshot-stalled', 'the length form', sized(EMPTY_RDB.slice(0, 40), 88)),
  a('snapshot-stalled', 'the EOF form', of(eof(EMPTY_RDB.slice(0, 40), ''))),
  a('snapshot-eof-unasked', 'eof was not announced', of(eof(EMPTY_RDB)), NO_EOF),
  a('eof-mark-missing', 'no mark', of(eof(EMPTY_RDB, ''))),
  a('eof-mark-missing', 'another mark', of(eof(EMPTY_RDB, 'x'.repeat(40)))),
  a('eof-mark-missing', 'and a close', { on: { psync: cut(eof(EMPTY_RDB, '')) } }),
  a('newline-after-mark', 'a late keepalive', of(`${eof(EMPTY_RDB)}\n`)),
  a(
    'newline-after-mark',
    'seen in the stream',
    of(`${eof(EMPTY_RDB)}\n${command('PING')}`, { info: info({ master_repl_offset: 14 }) }),
    {
      follow: { count: 1 },
    },
  ),
  a('snapshot-hex', 'hex digits', sized(hex)),
  a('snapshot-hex', 'base64', sized(base64)),
  a('snapshot-text-damaged', 'toString()', sized('REDIS0009\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd')),
  a('snapshot-without-checksum', 'ten bytes', sized('REDIS0009\xff')),
  a('snapshot-without-checksum', 'three of eight', sized('REDIS0009\xff\0\0\0')),
  a('snapshot-wrong-length', 'two too many', sized(TINY_RDB, 20)),
  a('snapshot-wrong-length', 'eats a command', sized(TINY_RDB, 30, command('PING'))),
  a('snapshot-wrong-length', 'too few', sized(EMPTY_RDB, 60)),
  ...[1, 2, 3, 5, 7, 8].map((n) =>
    a('snapshot-wrong-length', `${n} too few: some of the checksum is behind it`, sized(EMPTY_RDB, 88 - n)),
  ),
  a('snapshot-wrong-length', 'three zeros of the checksum are behind it', sized(TINY_RDB, 15)),
  a('snapshot-wrong-length', 'and a command behind that', sized(EMPTY_RDB, 87, command('PING'))),
  a(
    'snapshot-wrong-length',
    'one too few, seen in the stream',
    of(`$87\r\n${EMPTY_RDB}${command('PING')}`, { info: info({ master_repl_offset: 14 }) }),
    { follow: { forMs: 500 } },
  ),
  a(
    'snapshot-without-checksum stream-not-commands',
    'and what follows is none of it',
    sized('REDIS0009\xff', 10, 'abc'),
  ),
  a('snapshot-wrong-length', 'no bytes at all', sized('')),
  a('snapshot-trailing-crlf', 'a bulk string', sized(TINY_RDB, 18, '\r\n')),
  a('snapshot-trailing-crlf', 'and a close', { on: { psync: cut(`$18\r\n${TINY_RDB}\r\n`) } }),
  a('snapshot-bad-checksum', 'one bit', sized(EMPTY_RDB.slice(0, -1) + '\x01')),
  a('snapshot-unreadable', 'no RDB', sized('NOTREDIS0009\xff')),
  a('snapshot-unreadable', 'a type that nobody gave out', sized(typed(120))),
  a('snapshot-too-new', 'Redis 7.4', sized(`REDIS0012\xff${ZERO}`)),
  a('snapshot-too-new', 'newer than we read', sized(`REDIS0099\xff${ZERO}`)),
  a('snapshot-valkey-magic', 'Valkey 9', sized(`VALKEY080\xff${ZERO}`)),
  a('snapshot-unknown-type', 'a type of Redis 8', sized(typed(26))),
];
