import { describe, expect, it } from 'vitest';
import { encodeRequest, ReplyDecoder, showReply } from '../../support/resp-decoder.js';

/** Every reply of `wire`, fed in pieces of `size` bytes. */
function decode(wire: string, size: number): string[] {
  const decoder = new ReplyDecoder();
  const out: string[] = [];
  for (let at = 0; at < wire.length; at += size) {
    decoder.feed(Buffer.from(wire.slice(at, at + size), 'latin1'));
    for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) out.push(showReply(reply));
  }
  return out;
}

const WIRE =
  '+OK\r\n-ERR no\r\n:-7\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*0\r\n*2\r\n*1\r\n:1\r\n$0\r\n\r\n' +
  '%1\r\n+k\r\n,1.5\r\n~1\r\n#t\r\n_\r\n=7\r\ntxt:abc\r\n(12\r\n>1\r\n+push\r\n';
const REPLIES = [
  '+OK',
  '-ERR no',
  '(integer) -7',
  '"a\\r\\n"',
  '(nil)',
  '(nil-array)',
  'array[]',
  'array[array[(integer) 1], ""]',
  'map[+k, (double) 1.5]',
  'set[(bool) t]',
  '(null)',
  '(verbatim) txt:abc',
  '(bignum) 12',
  'push[+push]',
];

describe('the reply decoder of the tests', () => {
  it.each([1, 2, 7, 1000])('reads every type in pieces of %i bytes', (size) => {
    // The value of the bulk above is a CR LF after an `a`, so it is 3 bytes with a CR LF inside.
    expect(decode(WIRE, size)).toEqual(REPLIES);
  });

  it('refuses what is no reply', () => {
    expect(() => decode('!x\r\n?\r\n', 100)).toThrow();
    expect(() => decode('hello\r\n', 100)).toThrow('not a reply');
  });

  it('encodes a request by bytes', () => {
    expect(encodeRequest(['SET', 'k\xff', ''])).toBe('*3\r\n$3\r\nSET\r\n$2\r\nk\xff\r\n$0\r\n\r\n');
  });
});
