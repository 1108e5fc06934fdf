/** Codecs: what was encoded is read back, in whatever pieces it arrives. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Bytes } from '../../src/core/base/bytes.js';
import { Crc64 } from '../../src/core/base/crc64.js';
import { lzfCompress, lzfDecompress } from '../../src/core/base/lzf.js';
import {
  formatDouble,
  formatInt64,
  normalizeInt64,
  parseDouble,
  parseInt64,
} from '../../src/core/base/numbers.js';
import { encodeCommand } from '../../src/core/protocol/command-encoder.js';
import { ReplyDecoder, type Reply } from '../../src/core/protocol/reply-decoder.js';
import { RequestParser } from '../../src/core/protocol/request-parser.js';

const binary = fc.uint8Array({ maxLength: 60 }).map((a) => Buffer.from(a).latin1Slice() as Bytes);
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });

/** `text` in pieces of the given sizes, over and over. */
function split(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    pieces.push(text.slice(at, at + sizes[i % sizes.length]));
    at += sizes[i % sizes.length];
  }
  return pieces;
}

interface Request {
  wire: string;
  argv: readonly string[];
}

const multibulk = fc
  .array(binary, { minLength: 1, maxLength: 6 })
  .map((argv): Request => ({ wire: encodeCommand(argv), argv }));
const inline = fc
  .array(fc.stringMatching(/^[a-z0-9]{1,8}$/), { minLength: 1, maxLength: 4 })
  .map((argv): Request => ({ wire: argv.join(' ') + '\r\n', argv }));
const skipped = fc.constantFrom('', '\r\n', '\n', '*0\r\n', '*-1\r\n', ' \r\n');

describe('requests', () => {
  const stream = fc.array(fc.tuple(skipped, fc.oneof(multibulk, multibulk, inline)), { maxLength: 12 });

  test('come back in any pieces, with every byte accounted for', () => {
    fc.assert(
      fc.property(stream, cuts, fc.boolean(), (parts, sizes, stopEarly) => {
        const text = parts.map(([before, { wire }]) => before + wire).join('');
        const parser = new RequestParser({ maxBulkLength: 1000 });
        const shared = Buffer.alloc(64);
        const seen: unknown[] = [];
        const take = (): boolean => {
          if (!parser.next()) return false;
          const { wire, wireStart, wireEnd, wireLength, argv } = parser;
          seen.push({ argv, wire: wire.latin1Slice(wireStart, wireEnd), wireLength });
          return true;
        };
        for (const piece of split(text, sizes)) {
          shared.latin1Write(piece, 0);
          parser.push(shared, 0, piece.length);
          if (stopEarly) take();
          else while (take());
          parser.detach();
          shared.fill(0x2a);
        }
        while (take());
        expect(seen).toEqual(
          parts.map(([before, { wire, argv }]) => ({ argv, wire, wireLength: before.length + wire.length })),
        );
        expect(parser.pendingBytes).toBe(0);
      }),
    );
  });

  test('from a master are passed on to the byte', () => {
    const fromMaster = fc.array(fc.tuple(fc.constantFrom('', '\n', '\r\n', '*0\r\n'), multibulk), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(fromMaster, cuts, (parts, sizes) => {
        const text = parts.map(([before, { wire }]) => before + wire).join('');
        const parser = new RequestParser({ maxBulkLength: 1000 });
        parser.fromMaster = true;
        let passed = '';
        for (const piece of split(text, sizes)) {
          const chunk = Buffer.from(piece, 'latin1');
          parser.push(chunk, 0, chunk.length);
          while (parser.next()) {
            passed += parser.wire.latin1Slice(parser.wireEnd - parser.wireLength, parser.wireEnd);
          }
          parser.detach();
          chunk.fill(0x2a);
        }
        expect(passed).toBe(text);
      }),
    );
  });

  test('garbage is an error or a wait, never anything else', () => {
    const noise = fc.array(
      fc.constantFrom('*', '$', '1', '2', '-', '\r\n', '\r', '\n', '"', "'", ' ', 'a', '\0', '\xff'),
    );
    fc.assert(
      fc.property(noise, cuts, (parts, sizes) => {
        const parser = new RequestParser({ maxBulkLength: 1000 });
        try {
          for (const piece of split(parts.join(''), sizes)) {
            const chunk = Buffer.from(piece, 'latin1');
            parser.push(chunk, 0, chunk.length);
            while (parser.next()) expect(parser.argv.length).toBeGreaterThan(0);
            parser.detach();
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'ProtocolError' });
        }
      }),
    );
  });
});

describe('replies', () => {
  const leaf = fc.oneof(
    binary.map((value): Reply => ({ type: 'bulk', value })),
    fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      .map((v): Reply => ({ type: 'integer', value: normalizeInt64(v) })),
    fc.stringMatching(/^[ -~]*$/).map((value): Reply => ({ type: 'simple', value: value as Bytes })),
    fc.constant<Reply>({ type: 'null' }),
    fc.boolean().map((value): Reply => ({ type: 'boolean', value })),
  );
  const { tree } = fc.letrec<{ tree: Reply }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }).map((items): Reply => ({ type: 'array', items })),
      fc.array(tie('tree'), { maxLength: 4 }).map((items): Reply => ({ type: 'set', items })),
      fc
        .array(fc.tuple(tie('tree'), tie('tree')), { maxLength: 3 })
        .map((entries): Reply => ({ type: 'map', entries })),
    ),
  }));

  test('come back in any pieces', () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 6 }), cuts, (replies, sizes) => {
        const decoder = new ReplyDecoder();
        const seen: Reply[] = [];
        const text = replies.map(encode).join('');
        for (const piece of split(text, sizes)) {
          decoder.push(Buffer.from(piece, 'latin1'));
          for (let reply = decoder.next(); reply; reply = decoder.next()) seen.push(reply);
        }
        expect(seen).toEqual(replies);
        expect(decoder.bytesConsumed).toBe(text.length);
      }),
    );
  });

  function encode(reply: Reply): string {
    switch (reply.type) {
      case 'bulk':
        return `$${reply.value.length}\r\n${reply.value}\r\n`;
      case 'integer':
        return `:${reply.value}\r\n`;
      case 'simple':
        return `+${reply.value}\r\n`;
      case 'null':
        return '_\r\n';
      case 'boolean':
        return reply.value ? '#t\r\n' : '#f\r\n';
      case 'array':
        return `*${reply.items.length}\r\n` + reply.items.map(encode).join('');
      case 'set':
        return `~${reply.items.length}\r\n` + reply.items.map(encode).join('');
      case 'map':
        return `%${reply.entries.length}\r\n` + reply.entries.flat().map(encode).join('');
      default:
        throw new Error('not generated: ' + reply.type);
    }
  }
});

describe('numbers', () => {
  test('every int64 is read back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (v) => {
        expect(parseInt64(formatInt64(normalizeInt64(v)))).toBe(normalizeInt64(v));
      }),
    );
  });

  test('every double is read back as itself', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (d) => {
        expect(parseDouble(formatDouble(d))).toBe(d);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('lzf', () => {
  const repetitive = fc
    .array(fc.tuple(fc.constantFrom('abc', 'x', 'hello world', '\0\0\0\0'), fc.integer({ min: 1, max: 90 })))
    .map((runs) => Buffer.from(runs.map(([text, times]) => text.repeat(times)).join(''), 'latin1'));

  test('what is packed unpacks to the same', () => {
    fc.assert(
      fc.property(repetitive, (input) => {
        const packed = lzfCompress(input);
        if (packed) expect(lzfDecompress(packed, input.length)).toEqual(input);
        else expect(input.length).toBeLessThan(40);
      }),
    );
  });

  test('garbage never gives anything but LzfError or the announced length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 0, max: 300 }), (input, length) => {
        try {
          expect(lzfDecompress(input, length)).toHaveLength(length);
        } catch (error) {
          expect(error).toMatchObject({ name: 'LzfError' });
        }
      }),
    );
  });
});

test('crc64 agrees with the bit by bit definition', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (input) => {
      let crc = 0n;
      for (const byte of input) {
        crc ^= BigInt(byte);
        for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x95ac9329ac4bc9b5n : crc >> 1n;
      }
      expect(new Crc64().update(input).hex()).toBe(crc.toString(16).padStart(16, '0'));
    }),
  );
});
