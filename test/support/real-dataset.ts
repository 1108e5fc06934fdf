/**
 * A data set of every type in every encoding for a real redis-server, with values at the edges of each; and what such a server says of its
 * data, to compare two of them.
 */
import { type Reply } from '../../src/core/protocol/reply-decoder.js';
import { type RealRedis } from './real-redis.js';

export const FAR_FUTURE_MS = 4102444800000;
export const LIBRARY =
  "#!lua name=mylib\nredis.register_function('echo', function(keys, args) return args[1] end)";

/** Makes keys of every type in every encoding, with values at the edges of each. */
export async function populate(redis: RealRedis): Promise<void> {
  const many = (count: number, make: (i: number) => (string | number)[]) =>
    Array.from({ length: count }, (_, i) => make(i)).flat();
  const big = 'x'.repeat(100);
  const commands: (string | number)[][] = [
    ['SET', 'str:empty', ''],
    ...[0, -1, 12, 127, -128, 128, 32767, -32769, 2147483647, -2147483648, 2147483648].map((n) => [
      'SET',
      `str:int:${n}`,
      n,
    ]),
    ['SET', 'str:int:max', '9223372036854775807'],
    ['SET', 'str:int:min', '-9223372036854775808'],
    ['SET', 'str:notint', '007'],
    ['SET', 'str:binary', '\x00\xff\xfe\r\n\x80'],
    ['SET', 'str:lzf', 'abcabcabc'.repeat(5000)],
    ['SET', 'str:long', 'y'.repeat(200_000)],
    ['SET', 'str:expires', 'v', 'PXAT', FAR_FUTURE_MS],
    ['APPEND', 'str:raw', 'appended'],
    ['RPUSH', 'list:small', 'a', '', '1', '-4096', '4096', '70000', '9223372036854775807', '-9000000', big],
    ['RPUSH', 'list:long', ...many(5000, (i) => [`element-${i}`])],
    ['RPUSH', 'list:large', 'z'.repeat(20_000), 'q'.repeat(5000), 'end'],
    ['SADD', 'set:int16', 1, 2, -3],
    ['SADD', 'set:int32', 1, 70000],
    ['SADD', 'set:int64', 1, '9223372036854775807', '-9223372036854775808'],
    ['SADD', 'set:small', 'a', 'b', '1', ''],
    ['SADD', 'set:ints:many', ...many(1000, (i) => [i])],
    ['SADD', 'set:large', ...many(2000, (i) => [`member:${i}`])],
    ['HSET', 'hash:small', 'f', 'v', '1', '2', '', 'empty field', 'empty', ''],
    ['HSET', 'hash:large', ...many(2000, (i) => [`f${i}`, i])],
    ['HSET', 'hash:longvalue', 'f', big],
    ['ZADD', 'zset:small', 1, 'a', 1.5, 'b', '-inf', 'c', '+inf', 'd', 1e17, 'e', 3.0e-10, 'f'],
    ['ZADD', 'zset:large', ...many(1000, (i) => [i / 3, `m${i}`])],
    ['ZADD', 'zset:same', ...many(200, (i) => [7, `m${i}`])],
    ['SELECT', 9],
    ['SET', 'other:db', 'v'],
    ['SELECT', 0],
    ...many(350, (i) => [i]).map((i) => [
      'XADD',
      'stream:long',
      `${1000 + Number(i)}-${i}`,
      'name',
      'v',
      'n',
      i,
    ]),
    ['XDEL', 'stream:long', '1005-5', '1349-349'],
    ['XTRIM', 'stream:long', 'MAXLEN', 300],
    ['XADD', 'stream:mixed', '1-1', 'a', '1'],
    ['XADD', 'stream:mixed', '5-0', 'b', '2', 'c', '3'],
    ['XADD', 'stream:mixed', '18446744073709551615-18446744073709551615', 'a', 'last'],
    ['XADD', 'stream:emptied', '7-7', 'a', '1'],
    ['XDEL', 'stream:emptied', '7-7'],
    ['XGROUP', 'CREATE', 'stream:long', 'group', '0'],
    ['XGROUP', 'CREATE', 'stream:long', 'idle group', '$'],
    ['XGROUP', 'CREATECONSUMER', 'stream:long', 'group', 'never read'],
    ['XREADGROUP', 'GROUP', 'group', 'one', 'COUNT', 20, 'STREAMS', 'stream:long', '>'],
    ['XREADGROUP', 'GROUP', 'group', 'two', 'COUNT', 30, 'STREAMS', 'stream:long', '>'],
    ['XCLAIM', 'stream:long', 'group', 'two', 0, '1060-60', 'TIME', 1600000000000, 'RETRYCOUNT', 7],
    ['XACK', 'stream:long', 'group', '1061-61'],
    ['FUNCTION', 'LOAD', LIBRARY],
  ];
  for (const command of commands) await redis.must(...command);
}

/** A reply in one line. */
export function text(reply: Reply): string {
  if (reply.type === 'array') return '[' + reply.items.map(text).join(' ') + ']';
  return 'value' in reply ? String(reply.value) : reply.type;
}

/** What a server says of its data, key by key. */
export async function digest(redis: RealRedis): Promise<string[]> {
  const lines: string[] = [];
  for (const db of [0, 9]) {
    await redis.must('SELECT', db);
    const keys = await redis.must('KEYS', '*');
    if (keys.type !== 'array') throw new Error('KEYS gives an array');
    for (const key of keys.items.map(text)) {
      const parts = [await redis.must('DEBUG', 'DIGEST-VALUE', key), await redis.must('PEXPIRETIME', key)];
      if (text(await redis.must('TYPE', key)) === 'stream') {
        parts.push(await redis.must('XINFO', 'STREAM', key, 'FULL', 'COUNT', 0));
      }
      lines.push(`${db} ${key} ${parts.map(text).join(' ')}`.replace(/radix-tree-\w+ \d+/g, ''));
    }
  }
  return lines.sort();
}
