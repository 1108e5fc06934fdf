import { describe, expect, it } from 'vitest';
import { Utf8Count } from '../../../src/core/diagnosis/replica/utf8-count.js';

/** What a decoder makes of the bytes, by the platform's own. */
function expected(bytes: Buffer): readonly [points: number, units: number] {
  const text = bytes.toString('utf8');
  return [bytes.length - [...text].length, bytes.length - text.length];
}

describe('bytes that are no characters', () => {
  const samples = [
    'plain',
    'für über',
    '€ and 漢字',
    '😀😀x',
    ...[
      '\xff\xfe',
      '\xe2\x82A',
      '\xf0\x9f\x98',
      '\xf0\x9f\x98A',
      '\xe0\x80\x80',
      '\xed\xa0\x80',
      '\x80\x80',
      '\xc3',
    ].map((raw) => Buffer.from(raw, 'latin1')),
  ].map((text) => (typeof text === 'string' ? Buffer.from(text) : text));

  it.each(samples.map((bytes) => [bytes.toString('hex'), bytes] as const))('%s', (_name, bytes) => {
    for (const step of [1, 2, bytes.length]) {
      const count = new Utf8Count();
      for (let at = 0; at < bytes.length; at += step)
        count.push(bytes, at, Math.min(bytes.length, at + step));
      expect([count.overPoints, count.overUnits]).toEqual(expected(bytes));
    }
  });
});
