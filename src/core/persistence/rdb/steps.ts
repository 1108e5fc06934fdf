/**
 * Steps: reading that pauses when bytes lack. A step is a generator that yields nothing but "more bytes, please"; where bytes are
 * there it runs through. Loops over many elements call the `try…` methods of the source themselves: a generator for each
 * element would cost more than the element.
 */
import { type Bytes } from '../../base/bytes.js';
import { RdbError } from './format.js';
import { PackedError } from './packed/packed-error.js';
import { type RdbSource } from './source.js';

/** Work that pauses when bytes lack. */
export type Step<T> = Generator<void, T, void>;

/** Runs a decoder of packed data; its errors become those of the RDB at `offset`. */
export function decoding<T>(blob: Buffer, offset: number, decode: (blob: Buffer) => T): T {
  try {
    return decode(blob);
  } catch (error) {
    if (!(error instanceof PackedError)) throw error;
    const got = `byte ${error.at} of ${blob.length}`;
    throw new RdbError({ offset, reason: error.reason, what: 'packed value', got });
  }
}

/** A length or count. */
export function* awaitLength(src: RdbSource, what: string): Step<number> {
  for (;;) {
    const length = src.tryLength(what);
    if (length >= 0) return length;
    yield;
  }
}

/** An unsigned 64-bit number. */
export function* awaitLength64(src: RdbSource, what: string): Step<number | bigint> {
  for (;;) {
    const value = src.tryLength64(what);
    if (value !== undefined) return value;
    yield;
  }
}

/** A string. */
export function* awaitString(src: RdbSource, what: string): Step<Bytes> {
  for (;;) {
    const bytes = src.tryString(what);
    if (bytes !== undefined) return bytes;
    yield;
  }
}

/** A string as a view that is valid until the next yield. */
export function* awaitBlob(src: RdbSource, what: string): Step<Buffer> {
  for (;;) {
    const blob = src.tryBlob(what);
    if (blob !== undefined) return blob;
    yield;
  }
}
