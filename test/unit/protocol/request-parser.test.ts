import { describe, expect, test } from 'vitest';
import { fromText } from '../../../src/core/base/bytes.js';
import { encodeCommand } from '../../../src/core/protocol/command-encoder.js';
import { ProtocolError } from '../../../src/core/protocol/errors.js';
import { RequestParser } from '../../../src/core/protocol/request-parser.js';

const LIMITS = { maxBulkLength: 1024 * 1024 };

interface Seen {
  argv: string[];
  wire: string;
  wireLength: number;
  inline: boolean;
}

function drain(parser: RequestParser, seen: Seen[]): void {
  while (parser.next()) {
    const { argv, wire, wireStart, wireEnd, wireLength, inline } = parser;
    seen.push({ argv, wire: wire.latin1Slice(wireStart, wireEnd), wireLength, inline });
  }
}

/** Feeds `pieces` through one shared buffer that is overwritten after each. */
function feed(parser: RequestParser, pieces: readonly string[]): Seen[] {
  const shared = Buffer.alloc(70_000);
  const seen: Seen[] = [];
  for (const piece of pieces) {
    shared.fill(0x2a);
    shared.latin1Write(piece, 7);
    parser.push(shared, 7, 7 + piece.length);
    drain(parser, seen);
    parser.detach();
    shared.fill(0x58);
  }
  return seen;
}

function whole(text: string, set: Partial<RequestParser> = {}): Seen[] {
  return feed(Object.assign(new RequestParser(LIMITS), set), [text]);
}

function failure(text: string, set: Partial<RequestParser> = {}): ProtocolError {
  const parser = Object.assign(new RequestParser(LIMITS), set);
  const buf = Buffer.from(text, 'latin1');
  parser.push(buf, 0, buf.length);
  try {
    while (parser.next());
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('no protocol error');
}

describe('multibulk', () => {
  test('a command, its bytes and their number', () => {
    const text = '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n';
    expect(whole(text)).toEqual([{ argv: ['SET', 'k', ''], wire: text, wireLength: 26, inline: false }]);
  });

  test('arguments hold any byte, at every length around the short ones', () => {
    for (let length = 0; length <= 40; length++) {
      const value = String.fromCharCode(...Array.from({ length }, (_, i) => (i * 37 + length) & 255));
      const [seen] = whole(`*1\r\n$${length}\r\n${value}\r\n`);
      expect(seen.argv).toEqual([value]);
    }
  });

  test('empty multibulks and empty lines count with the command after them', () => {
    const ping = '*1\r\n$4\r\nPING\r\n';
    const seen = whole(`${ping}*0\r\n*-1\r\n\r\n\n  \r\n${ping}\r\n`);
    expect(seen.map((s) => s.wireLength)).toEqual([14, 14 + 4 + 5 + 2 + 1 + 4]);
    expect(seen.map((s) => s.wire)).toEqual([ping, ping]);
  });

  test('from a master the skipped bytes lie in front of the command, whatever came between', () => {
    const parser = new RequestParser(LIMITS);
    parser.fromMaster = true;
    const chunks = ['\n', '\n*0\r\n', '*1\r\n$4\r', '\nPING\r\n'];
    const passed: string[] = [];
    for (const chunk of chunks) {
      const buf = Buffer.from(chunk);
      parser.push(buf, 0, buf.length);
      while (parser.next()) {
        passed.push(parser.wire.latin1Slice(parser.wireEnd - parser.wireLength, parser.wireEnd));
      }
      parser.detach();
      buf.fill(0);
    }
    expect(passed).toEqual(['\n\n*0\r\n*1\r\n$4\r\nPING\r\n']);
  });

  test('bytes skipped from a client are not held', () => {
    const parser = new RequestParser(LIMITS);
    feed(parser, ['\r\n', '\r\n*0\r\n', '\r\n']);
    expect(parser.pendingBytes).toBe(0);
    const [ping] = feed(parser, ['PING\r\n']);
    expect(ping.wireLength).toBe(2 + 2 + 4 + 2 + 6);
  });

  test('the bytes after the numbers are not looked at', () => {
    expect(whole('*1\rx$4\ryPINGzz')[0].argv).toEqual(['PING']);
  });

  test('each command gets an array of its own', () => {
    const [a, b] = whole('*1\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\n');
    expect(a.argv).toEqual(['a']);
    expect(b.argv).toEqual(['b']);
  });

  test('a count without arguments costs nothing', () => {
    const parser = new RequestParser(LIMITS);
    expect(feed(parser, ['*2147483647\r\n$4\r\nMSET\r\n'])).toEqual([]);
    expect(parser.pendingBytes).toBe(23);
  });

  test('proto-max-bulk-len is read at each bulk', () => {
    const limits = { maxBulkLength: 10 };
    const parser = new RequestParser(limits);
    expect(feed(parser, ['*1\r\n$10\r\n0123456789\r\n'])).toHaveLength(1);
    limits.maxBulkLength = 9;
    expect(() => feed(parser, ['*1\r\n$10\r\n0123456789\r\n'])).toThrow(
      'Protocol error: invalid bulk length',
    );
  });
});

describe('inline', () => {
  test.each([
    ['PING\r\n', ['PING']],
    ['PING\n', ['PING']],
    ['PING\r\r\n', ['PING']],
    ['  set a "b c"\t\'d\'\r\n', ['set', 'a', 'b c', 'd']],
    ['echo "\\x41\\n"\r\n', ['echo', 'A\n']],
  ])('%j', (line, argv) => {
    expect(whole(line)).toEqual([{ argv, wire: line, wireLength: line.length, inline: true }]);
  });

  test('mixes with multibulk', () => {
    const seen = whole('PING\r\n*1\r\n$4\r\nPING\r\nPING x\r\n');
    expect(seen.map((s) => [s.inline, s.argv.length])).toEqual([
      [true, 1],
      [false, 1],
      [true, 2],
    ]);
  });
});

describe('a split command', () => {
  test('is put together from single bytes', () => {
    const text = '*2\r\n$4\r\nECHO\r\n$16\r\n0123456789abcdef\r\nPING "a b"\r\n*1\r\n$4\r\nPING\r\n';
    expect(feed(new RequestParser(LIMITS), [...text])).toEqual(whole(text));
  });

  test('may be pushed without detach when the chunk stays as it is', () => {
    const parser = new RequestParser(LIMITS);
    const seen: Seen[] = [];
    for (const part of ['*1\r\n$4\r\nPI', 'NG\r\n*1\r\n$4\r', '\nPING\r\n']) {
      parser.push(Buffer.from(part), 0, part.length);
      drain(parser, seen);
    }
    expect(seen.map((s) => s.argv)).toEqual([['PING'], ['PING']]);
  });

  test('counts a long argument whole as soon as its length is known, and no more when it has come', () => {
    const parser = new RequestParser(LIMITS);
    const value = 'v'.repeat(220_000);
    feed(parser, ['*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$220000\r\n', value.slice(0, 1000)]);
    expect(parser.bufferBytes).toBe(220_000);
    for (let at = 1000; at < value.length; at += 60_000) feed(parser, [value.slice(at, at + 60_000)]);
    expect(feed(parser, ['\r\n'])).toHaveLength(1);
    expect(parser.bufferBytes).toBe(0);
  });

  test('keeps whole commands that were not asked for', () => {
    const parser = new RequestParser(LIMITS);
    const buf = Buffer.from('*1\r\n$1\r\na\r\n'.repeat(500));
    parser.push(buf, 0, buf.length);
    const seen: string[] = [];
    let held = buf.length;
    while (parser.next()) {
      seen.push(...parser.argv);
      parser.detach();
      held -= 11;
      expect(parser.pendingBytes).toBe(held);
      buf.fill(0);
    }
    expect(seen).toHaveLength(500);
    expect(new Set(seen)).toEqual(new Set(['a']));
  });

  test("leaves the rest of a chunk where it is, and buffers that it gives back are nobody else's", () => {
    // Three parsers take turns with pieces that end anywhere, through one read buffer that is written over at once.
    const value = (i: number) => String.fromCharCode(97 + (i % 26)).repeat((i * 397) % 9000);
    const text = (seed: number) =>
      Array.from({ length: 40 }, (_, i) => {
        const argument = value(seed + i);
        return `*2\r\n$4\r\nECHO\r\n$${argument.length}\r\n${argument}\r\n`;
      }).join('');
    const shared = Buffer.alloc(65_536);
    const peers = [1, 2, 3].map((seed) => ({
      parser: new RequestParser(LIMITS),
      wire: Buffer.from(text(seed)),
      at: 0,
      seen: [] as string[],
      wires: [] as string[],
    }));
    for (let round = 0; peers.some(({ at, wire }) => at < wire.length); round++) {
      for (const [n, peer] of peers.entries()) {
        const length = Math.min(peer.wire.length - peer.at, 1 + ((round * 7919 + n * 104_729) % 20_000));
        peer.wire.copy(shared, 0, peer.at, peer.at + length);
        peer.at += length;
        peer.parser.push(shared, 0, length);
        while (peer.parser.next()) {
          const { argv, wire, wireStart, wireEnd } = peer.parser;
          peer.seen.push(argv[1]);
          peer.wires.push(wire.latin1Slice(wireStart, wireEnd));
        }
        peer.parser.detach();
        shared.fill(0);
      }
    }
    for (const [n, { seen, wires, parser }] of peers.entries()) {
      expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => value(n + 1 + i)));
      expect(wires.join('')).toBe(text(n + 1));
      expect(parser.pendingBytes).toBe(0);
    }
  });

  test('of 64 MB in pieces of 64 KB takes time in proportion to its length', () => {
    const time = (bytes: number): number => {
      const parser = new RequestParser({ maxBulkLength: 512 * 1024 * 1024 });
      const head = Buffer.from(`*2\r\n$4\r\nECHO\r\n$${bytes}\r\n`);
      const piece = Buffer.alloc(65536, 'x');
      const began = performance.now();
      parser.push(head, 0, head.length);
      expect(parser.next()).toBe(false);
      parser.detach();
      for (let sent = 0; sent < bytes; sent += piece.length) {
        parser.push(piece, 0, piece.length);
        expect(parser.next()).toBe(false);
        parser.detach();
      }
      parser.push(Buffer.from('\r\n'), 0, 2);
      expect(parser.next()).toBe(true);
      expect(parser.argv[1].length).toBe(bytes);
      return performance.now() - began;
    };
    time(4 * 1024 * 1024);
    const small = time(8 * 1024 * 1024);
    const large = time(64 * 1024 * 1024);
    // quadratic work would make it 64 times as long
    expect(large).toBeLessThan(Math.max(small, 5) * 30);
  });
});

describe('a long last argument that may stay where it is', () => {
  const asked: unknown[][] = [];
  const parser = new RequestParser(LIMITS, (name, count, bytes) => {
    asked.push([name, count, bytes]);
    return name === 'SET' && count === 3;
  });
  const long = 'v'.repeat(64);
  const read = (text: string) => {
    const buf = Buffer.from(text, 'latin1');
    parser.push(buf, 0, buf.length);
    expect(parser.next()).toBe(true);
    return buf;
  };

  test('is asked about once, when it is long and the last', () => {
    read(encodeCommand(['SET', long, 'v'.repeat(63)].map(fromText)));
    expect([asked.splice(0), parser.argv[2].length, parser.unread.length]).toEqual([[], 63, 0]);
    read(encodeCommand(['SET', 'k', long, long].map(fromText)));
    expect([asked.splice(0), parser.argv[3], parser.unread.length]).toEqual([[['SET', 4, 64]], long, 0]);
    read(encodeCommand(['SET', 'k', long].map(fromText)));
    expect([asked.splice(0), parser.argv[2], parser.unread.length]).toEqual([[['SET', 3, 64]], '', 64]);
    expect(parser.unread.toBytes()).toBe(long);
  });

  test('becomes an argument when it is asked for, once', () => {
    const buf = read(encodeCommand(['SET', 'k', long].map(fromText)));
    const target = Buffer.alloc(66);
    parser.unread.copyTo(target, 1);
    expect(target.latin1Slice()).toBe(`\0${long}\0`);
    parser.readUnread();
    buf.fill(0);
    parser.readUnread();
    expect([parser.argv[2], parser.unread.length]).toEqual([long, 0]);
  });

  test('is gone with the next command, or when there is none', () => {
    read(encodeCommand(['SET', 'k', long].map(fromText)));
    expect([parser.next(), parser.unread.length]).toEqual([false, 0]);
  });
});

describe('errors, as redis 7.2.6 words them', () => {
  test.each([
    ['*x\r\n', 'invalid multibulk length'],
    ['*\r\n', 'invalid multibulk length'],
    ['*01\r\n', 'invalid multibulk length'],
    ['*+1\r\n', 'invalid multibulk length'],
    ['*-0\r\n', 'invalid multibulk length'],
    ['*2147483648\r\n', 'invalid multibulk length'],
    ['*1\r\nfoo\r\n', "expected '$', got 'f'"],
    ['*1\r\n\xff\r\n', "expected '$', got '\xff'"],
    ['*1\r\n\r\n', "expected '$', got ' '"],
    ['*1\r\n$x\r\n', 'invalid bulk length'],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n$04\r\n', 'invalid bulk length'],
    ['*1\r\n$1048577\r\n', 'invalid bulk length'],
    ['*1\r\n$9223372036854775807\r\n', 'invalid bulk length'],
    ['"a\r\n', 'unbalanced quotes in request'],
    ['A'.repeat(65537), 'too big inline request'],
    ['*' + '1'.repeat(65536), 'too big mbulk count string'],
    ['*1\r\n$' + '1'.repeat(65536), 'too big bulk count string'],
    ['\0' + 'A'.repeat(65535) + '\n', 'too big inline request'],
    ['*\0' + 'A\n'.repeat(32768), 'too big mbulk count string'],
    ['*1\r\n$\0' + 'A\n'.repeat(32768), 'too big bulk count string'],
  ])('%j: %s', (text, message) => {
    expect(failure(text).message).toBe('Protocol error: ' + message);
  });

  test('say where', () => {
    const error = failure('*1\r\n$4\r\nPING\r\n\r\n*2\r\n$4\r\nECHO\r\n!3\r\n');
    expect(error).toMatchObject({ offset: 30, near: '!3\r\n', reason: 'expected $ but got something else' });
  });

  test('the offset goes on over pushes', () => {
    const parser = new RequestParser(LIMITS);
    feed(parser, ['PING\r\n*1\r', '\n$4\r\nPI', 'NG\r\n']);
    expect(() => feed(parser, ['*y', '\r\n'])).toThrow(expect.objectContaining({ offset: 20 }) as Error);
  });

  test('a line of exactly 64 KB may still end', () => {
    const parser = new RequestParser(LIMITS);
    expect(feed(parser, ['A'.repeat(65536)])).toEqual([]);
    expect(feed(parser, ['\n'])[0].argv[0].length).toBe(65536);
  });

  test('before authentication there are at most 10 arguments of 16384 bytes', () => {
    const unknown = { authenticated: false };
    expect(failure('*11\r\n', unknown).message).toBe('Protocol error: unauthenticated multibulk length');
    expect(failure('*1\r\n$16385\r\n', unknown).message).toBe('Protocol error: unauthenticated bulk length');
    expect(whole('*10\r\n' + '$1\r\na\r\n'.repeat(10), unknown)).toHaveLength(1);
    expect(whole(`*1\r\n$16384\r\n${'a'.repeat(16384)}\r\n`, unknown)).toHaveLength(1);
  });

  test('a master may send bulks of any length but no inline command, and is told nothing', () => {
    const master = { fromMaster: true };
    expect(failure('PING\r\n', master)).toMatchObject({
      message: '',
      reason: 'Master using the inline protocol. Desync?',
    });
    const parser = Object.assign(new RequestParser({ maxBulkLength: 3 }), master);
    expect(feed(parser, ['*1\r\n$4\r\nPING\r\n'])).toHaveLength(1);
  });
});
