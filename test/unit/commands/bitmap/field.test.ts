import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeInt64 } from '../../../../src/core/base/numbers.js';
import { addToField, readField, setInField, writeField } from '../../../../src/core/commands/bitmap/field.js';

const fieldType = fc
  .tuple(fc.boolean(), fc.integer({ min: 1, max: 64 }))
  .map(([signed, bits]) => ({ signed, bits: signed ? bits : Math.min(bits, 63) }));

describe('fields', () => {
  it('are read and written where they are, and nowhere else', () => {
    fc.assert(
      fc.property(
        fieldType,
        fc.nat(40),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
        (type, offset, before, raw) => {
          const value = normalizeInt64(
            type.signed ? BigInt.asIntN(type.bits, raw) : BigInt.asUintN(type.bits, raw),
          );
          const bytes = Uint8Array.from(before);
          writeField(bytes, offset, type, value);
          expect(readField((i) => bytes[i], offset, type)).toBe(value);
          const text = (row: Uint8Array) =>
            [...row].map((byte) => byte.toString(2).padStart(8, '0')).join('');
          const [old, now] = [text(before), text(bytes)];
          expect(now.slice(0, offset)).toBe(old.slice(0, offset));
          expect(now.slice(offset + type.bits)).toBe(old.slice(offset + type.bits));
          const digits = BigInt.asUintN(type.bits, BigInt(value)).toString(2).padStart(type.bits, '0');
          expect(now.slice(offset, offset + type.bits)).toBe(digits);
        },
      ),
    );
  });

  it.each([
    // type, old, by, wrap, sat
    ['u8', 255, 1, 0, 255],
    ['u8', 5, -6, 255, 0],
    ['u8', 0, 1000, 232, 255],
    ['i8', 127, 1, -128, 127],
    ['i8', -128, -1, 127, -128],
    ['i8', 0, 9007199254740991, -1, 127],
    ['u1', 1, 1, 0, 1],
    ['i1', 0, 1, -1, 0],
    ['u46', 70368744177663, 1, 0, 70368744177663],
    ['u47', 140737488355327, 2, 1, 140737488355327],
    ['i64', 9223372036854775807n, 1, -9223372036854775808n, 9223372036854775807n],
    ['i64', -9223372036854775808n, -1, 9223372036854775807n, -9223372036854775808n],
    ['u63', 9223372036854775807n, 2, 1, 9223372036854775807n],
    ['i32', 2147483647, 9223372036854775807n, 2147483646, 2147483647],
  ] as const)('%s: %s plus %s', (name, old, by, wrapped, saturated) => {
    const type = { signed: name.startsWith('i'), bits: Number(name.slice(1)) };
    expect(addToField(old, by, type, 'wrap')).toBe(wrapped);
    expect(addToField(old, by, type, 'sat')).toBe(saturated);
    expect(addToField(old, by, type, 'fail')).toBeUndefined();
  });

  it('saturates what SET is given as C does', () => {
    expect(setInField(-1, { signed: false, bits: 8 }, 'sat')).toBe(255);
    expect(setInField(-129, { signed: true, bits: 8 }, 'sat')).toBe(-128);
    expect(setInField(-9223372036854775808n, { signed: true, bits: 8 }, 'sat')).toBe(127);
    expect(setInField(-9223372036854775808n, { signed: true, bits: 8 }, 'wrap')).toBe(0);
    expect(setInField(-9223372036854775808n, { signed: true, bits: 64 }, 'sat')).toBe(-9223372036854775808n);
  });
});
