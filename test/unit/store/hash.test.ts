import { expect, it } from 'vitest';
import { type Bytes } from '../../../src/core/base/bytes.js';
import { hashBuffer, hashBytes } from '../../../src/core/store/hash.js';

it('is the same for a string and for its bytes in a buffer', () => {
  const buf = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 197 + 31) & 255));
  for (let start = 0; start < 20; start++) {
    for (let end = start; end < start + 40; end++) {
      const key = buf.latin1Slice(start, end) as Bytes;
      expect(hashBuffer(buf, start, end, 0x1234567 * end)).toBe(hashBytes(key, 0x1234567 * end));
    }
  }
});
