import { describe, expect, test } from 'vitest';
import { ReplyFormatError } from '../../../src/core/protocol/errors.js';
import { ReplyDecoder, type Reply } from '../../../src/core/protocol/reply-decoder.js';

function decode(pieces: readonly string[]): Reply[] {
  const decoder = new ReplyDecoder();
  const replies: Reply[] = [];
  for (const piece of pieces) {
    decoder.push(Buffer.from(piece, 'latin1'));
    for (let reply = decoder.next(); reply; reply = decoder.next()) replies.push(reply);
  }
  return replies;
}

const simple = (value: string): unknown => ({ type: 'simple', value });
const bulk = (value: string): unknown => ({ type: 'bulk', value });
const int = (value: number): unknown => ({ type: 'integer', value });

const CASES: [string, unknown][] = [
  ['+OK\r\n', simple('OK')],
  ['+\r\n', simple('')],
  ['-ERR no\r\n', { type: 'error', value: 'ERR no' }],
  [':0\r\n', int(0)],
  [':-17\r\n', int(-17)],
  [':+17\r\n', int(17)],
  [':9223372036854775807\r\n', { type: 'integer', value: 9223372036854775807n }],
  ['$0\r\n\r\n', bulk('')],
  ['$6\r\na\r\n\0\xffb\r\n', bulk('a\r\n\0\xffb')],
  ['$-1\r\n', { type: 'null' }],
  ['*-1\r\n', { type: 'null' }],
  ['_\r\n', { type: 'null' }],
  ['*0\r\n', { type: 'array', items: [] }],
  [
    '*2\r\n:1\r\n*1\r\n$-1\r\n',
    { type: 'array', items: [int(1), { type: 'array', items: [{ type: 'null' }] }] },
  ],
  ['~1\r\n+a\r\n', { type: 'set', items: [simple('a')] }],
  ['>2\r\n+message\r\n$1\r\nx\r\n', { type: 'push', items: [simple('message'), bulk('x')] }],
  ['%1\r\n+k\r\n*0\r\n', { type: 'map', entries: [[simple('k'), { type: 'array', items: [] }]] }],
  ['%0\r\n', { type: 'map', entries: [] }],
  [',1.5\r\n', { type: 'double', value: 1.5 }],
  [',-inf\r\n', { type: 'double', value: -Infinity }],
  [',nan\r\n', { type: 'double', value: NaN }],
  ['#t\r\n', { type: 'boolean', value: true }],
  ['#f\r\n', { type: 'boolean', value: false }],
  [
    '(-3492890328409238509324850943850943825024385\r\n',
    { type: 'bignumber', value: '-3492890328409238509324850943850943825024385' },
  ],
  ['!7\r\nERR bad\r\n', { type: 'error', value: 'ERR bad' }],
  ['=8\r\ntxt:some\r\n', { type: 'verbatim', format: 'txt', value: 'some' }],
  [
    '|1\r\n+ttl\r\n:5\r\n$1\r\nv\r\n',
    { type: 'attribute', entries: [[simple('ttl'), int(5)]], reply: bulk('v') },
  ],
  ['*1\r\n|0\r\n:1\r\n', { type: 'array', items: [{ type: 'attribute', entries: [], reply: int(1) }] }],
];

describe('ReplyDecoder', () => {
  test.each(CASES)('%j whole and byte by byte', (text, reply) => {
    expect(decode([text])).toEqual([reply]);
    expect(decode([...text])).toEqual([reply]);
  });

  test('all of them in one stream', () => {
    expect(decode([CASES.map(([text]) => text).join('')])).toEqual(CASES.map(([, reply]) => reply));
  });

  test('takes exactly its own bytes', () => {
    const decoder = new ReplyDecoder();
    decoder.push(Buffer.from('+FULLRESYNC x 0\r\n\n\n$5\r\nREDIS'));
    expect(decoder.next()).toEqual({ type: 'simple', value: 'FULLRESYNC x 0' });
    expect(decoder.bytesConsumed).toBe(17);
    expect(decoder.rest().toString()).toBe('\n\n$5\r\nREDIS');
    expect(decoder.queue.length).toBe(0);
  });

  test('goes on in the queue of another', () => {
    const first = new ReplyDecoder();
    first.push(Buffer.from('+a\r\n:1\r'));
    expect(first.next()).toEqual({ type: 'simple', value: 'a' });
    const second = new ReplyDecoder(first.queue);
    expect(second.next()).toBeUndefined();
    second.push(Buffer.from('\n'));
    expect(second.next()).toEqual({ type: 'integer', value: 1 });
  });

  test('depth costs no stack, and has a limit', () => {
    expect(decode(['*1\r\n'.repeat(1024) + ':1\r\n'])).toHaveLength(1);
    expect(() => decode(['*1\r\n'.repeat(1025)])).toThrow('expected at most 1024 levels');
  });

  test.each([
    ['?\r\n', 0, 'a type byte', '"?"'],
    ['+OK\r\n:x\r\n', 5, 'a 64-bit integer', '":x"'],
    [':\r\n', 0, 'a 64-bit integer', '":"'],
    ['*-2\r\n', 0, 'a count of elements (array)', '"*-2"'],
    ['%-1\r\n', 0, 'a count of elements (map)', '"%-1"'],
    ['$-2\r\n', 0, 'a bulk length', '"$-2"'],
    ['$99999999999\r\n', 0, 'a bulk length', '"$99999999999"'],
    ['$3\r\nabcde', 7, 'CRLF after 3 bytes of a bulk', '"de"'],
    ['+OK\n', 0, 'a reply line that ends in CRLF', '"+OK\\n"'],
    ['\r\n', 0, 'a reply line that ends in CRLF', '"\\r\\n"'],
    ['#x\r\n', 0, '#t or #f', '"#x"'],
    ['_x\r\n', 0, 'nothing after _', '"_x"'],
    [',\r\n', 0, 'a double', '","'],
    ['(1x\r\n', 0, 'digits of a big number', '"(1x"'],
    ['=2\r\nab\r\n', 4, 'a verbatim string', '"ab"'],
  ])('%j is wrong at byte %d: expected %s, got %s', (text, offset, expected, got) => {
    const decoder = new ReplyDecoder();
    decoder.push(Buffer.from(text, 'latin1'));
    let caught: unknown;
    try {
      while (decoder.next());
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ReplyFormatError);
    expect(caught).toMatchObject({ offset, got });
    expect((caught as ReplyFormatError).expected).toContain(expected);
  });

  test('a line without end is given up', () => {
    expect(() => decode(['+' + 'a'.repeat(1024 * 1024)])).toThrow('a line of at most 1048576 bytes');
  });
});
