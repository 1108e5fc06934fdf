/** What a connection reads into: its own buffer while its peer sends, everybody's while it is silent. */
import { beforeEach, describe, expect, it } from 'vitest';
import { InputBuffer } from '../../../src/core/net/input-buffer.js';

const KB = 1024;
const shared = Buffer.alloc(64 * KB);
let given: Uint8Array[];
let seen: string[];
let input: InputBuffer;

beforeEach(() => {
  given = [];
  seen = [];
  input = connection();
});

function connection(): InputBuffer {
  const handle = { useUserBuffer: (buffer: Uint8Array) => void given.push(buffer) };
  return new InputBuffer(handle, shared, (buffer, bytes) => seen.push(buffer.latin1Slice(0, bytes)));
}

/** As the native side reads: into the buffer that it was told last. @returns the size of the next one */
function read(text: string, to = input): number {
  const { buffer } = to;
  buffer.latin1Write(text);
  const next = to.read(text.length);
  expect(to.buffer).toBe(next ?? buffer);
  return to.bytes;
}

describe('the buffer that input is read into', () => {
  it('is shared until something has come, and then its own', () => {
    expect([input.bytes, input.buffer === shared]).toEqual([0, true]);
    expect(read('first')).toBe(16 * KB);
    const own = input.buffer;
    expect([read('second'), input.buffer === own]).toEqual([16 * KB, true]);
    expect(seen).toEqual(['first', 'second']);
  });

  it('is larger when a read has filled it, and smaller when reads have become short', () => {
    read('x');
    expect(read('y'.repeat(16 * KB))).toBe(64 * KB);
    expect(read('z'.repeat(64 * KB))).toBe(64 * KB);
    input.trim(0);
    expect(read('w'.repeat(20 * KB))).toBe(64 * KB);
    input.trim(0);
    expect(read('short')).toBe(64 * KB);
    input.trim(0);
    expect(read('short again')).toBe(16 * KB);
    expect(seen.map((text) => text.length)).toEqual([1, 16 * KB, 64 * KB, 20 * KB, 5, 11]);
    expect(given).toEqual([]);
  });

  it('is shared again after two seconds of silence, and its own when something comes', () => {
    read('x');
    input.trim(1999);
    expect([input.bytes, given]).toEqual([16 * KB, []]);
    input.trim(2000);
    expect([input.bytes, given]).toEqual([0, [shared]]);
    input.trim(3000);
    expect(given).toEqual([shared]);
    expect(read('back')).toBe(16 * KB);
    expect(seen).toEqual(['x', 'back']);
  });

  it('is given up less and less often by a peer that wakes up again and again', () => {
    let changes = 0;
    for (let i = 0; i < 1000; i++) {
      read('x');
      input.trim(5000);
      if (input.bytes === 0) changes++;
    }
    expect([changes, given.length]).toEqual([41, 41]);
    input.trim(5125);
    expect(input.bytes).toBe(0);
  });

  it('stays where Node cannot change it', () => {
    const kept = new InputBuffer({}, shared, () => undefined);
    read('x', kept);
    kept.trim(1e9);
    expect(kept.bytes).toBe(16 * KB);
  });

  it('goes to another connection when its own is over, and no read brings it back', () => {
    read('x');
    const own = input.buffer;
    input.close();
    input.close();
    const [other, another] = [connection(), connection()];
    read('y', other);
    read('y', another);
    expect([other.buffer === own, another.buffer === own]).toEqual([true, false]);
    expect(input.bytes).toBe(0);
    input.trim(1e9);
    expect(given).toEqual([]);
  });

  it('is not changed for a connection that its last bytes have closed', () => {
    const closing: InputBuffer = new InputBuffer({}, shared, () => closing.close());
    expect(closing.read(1)).toBeUndefined();
    expect(closing.bytes).toBe(0);
  });
});
