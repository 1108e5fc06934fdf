/** Blocks that are given back are written to again, and nothing of what was handed out before is lost by it. */
import { describe, expect, it } from 'vitest';
import { ascii, type Bytes } from '../../../../src/core/base/bytes.js';
import { lzfDecompress, lzfPack } from '../../../../src/core/base/lzf.js';
import { RdbReader } from '../../../../src/core/persistence/rdb/reader.js';
import { RdbWriter } from '../../../../src/core/persistence/rdb/writer.js';

describe('blocks of an RDB', () => {
  it('are used again once they are given back', () => {
    const memory = new Set<ArrayBufferLike>();
    const copies: Buffer[] = [];
    const writer = new RdbWriter((block) => {
      memory.add(block.buffer);
      copies.push(Buffer.from(block));
      writer.recycle(block);
      block.fill(0xee);
    });
    writer.header({ redisVersion: '7.2.6', ctime: 1, usedMemory: 1, aofBase: false });
    writer.selectDb(0);
    const value = (i: number) => ascii(`${i}:` + 'abcdefghij'.repeat(30 + (i % 7)));
    for (let i = 0; i < 20_000; i++) expect(writer.smallKeyValue(ascii(`key:${i}`), value(i))).toBe(true);
    writer.end();
    const read = new Map<Bytes, unknown>();
    const reader = new RdbReader({ value: (v, { key }) => void read.set(key, v) });
    for (const block of copies) reader.push(block);
    expect(reader.done).toBe(true);
    expect(read.size).toBe(20_000);
    expect(read.get(ascii('key:19999'))).toBe(value(19_999));
    // Many blocks went out, few pieces of memory held them.
    expect(copies.length).toBeGreaterThan(10);
    expect(memory.size).toBeLessThanOrEqual(4);
  });

  it('compress within the limit when the memory for it is larger', () => {
    const scratch = Buffer.alloc(1024);
    const noise = Buffer.from(Array.from({ length: 100 }, (_, i) => (i * 197 + 31) & 255));
    expect(lzfPack(noise, 0, 100, scratch, 96)).toBe(0);
    const text = Buffer.from('ab'.repeat(60));
    const packed = lzfPack(text, 0, 120, scratch, 116);
    expect(packed).toBeGreaterThan(0);
    expect(packed).toBeLessThanOrEqual(116);
    expect(lzfDecompress(scratch.subarray(0, packed), text.length).equals(text)).toBe(true);
  });

  it('compress a part of a buffer as they compress it alone', () => {
    const text = Buffer.from('0123456789 and so on '.repeat(30));
    const alone = Buffer.alloc(1024);
    const length = lzfPack(text, 0, text.length, alone, text.length - 4);
    for (const before of [1, 7, 300]) {
      const larger = Buffer.concat([Buffer.from('0123456789'.repeat(60)).subarray(0, before), text, text]);
      const part = Buffer.alloc(1024);
      expect(lzfPack(larger, before, before + text.length, part, text.length - 4)).toBe(length);
      expect(part.equals(alone)).toBe(true);
    }
  });
});
