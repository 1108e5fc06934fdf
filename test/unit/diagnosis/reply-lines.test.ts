/** Replies as lines of text. */
import { describe, expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
import { replyLines } from '../../../src/core/diagnosis/reply-lines.js';
import { type Reply } from '../../../src/core/protocol/reply-decoder.js';

const bulk = (text: string): Reply => ({ type: 'bulk', value: text as Bytes });

describe('replyLines', () => {
  it('shows what a server answers', () => {
    expect(replyLines({ type: 'simple', value: 'OK' as Bytes })).toEqual(['+OK']);
    expect(replyLines({ type: 'error', value: 'ERR no' as Bytes })).toEqual(['-ERR no']);
    expect(replyLines({ type: 'integer', value: 7 })).toEqual(['(integer) 7']);
    expect(replyLines({ type: 'null' })).toEqual(['(nil)']);
    expect(replyLines(bulk('a\x00"'))).toEqual(['"a\\x00\\""']);
    expect(replyLines(bulk('# Server\r\nx:1\r\n'))).toEqual(['# Server', 'x:1']);
    expect(replyLines({ type: 'array', items: [] })).toEqual(['(empty array)']);
  });

  it('numbers elements and indents those within', () => {
    const inner: Reply = { type: 'array', items: [bulk('x'), bulk('y')] };
    expect(replyLines({ type: 'array', items: [bulk('a'), inner] })).toEqual([
      '1) "a"',
      '2) 1) "x"',
      '   2) "y"',
    ]);
  });

  it('keeps to its limits', () => {
    let deep: Reply = bulk('x');
    for (let i = 0; i < 1000; i++) deep = { type: 'array', items: [deep] };
    expect(replyLines(deep)).toHaveLength(1);
    const many: Reply = { type: 'array', items: Array.from({ length: 5000 }, () => bulk('x')) };
    expect(replyLines(many)).toHaveLength(401);
  });
});
