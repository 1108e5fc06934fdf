/**
 * EarlierFile: what lies under the name that a backup is to get. It is read as far as its first key, so that a large one costs
 * nothing; a backup of an empty master is not to take the place of one that has keys.
 */
import { closeSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { formatBytes } from '../../core/inspect/units.js';
import { RdbError } from '../../core/persistence/rdb/format.js';
import { RdbReader } from '../../core/persistence/rdb/reader.js';

export interface EarlierFile {
  readonly bytes: number;
  readonly modified: Date;
  /**
   * `empty`: no bytes, or an RDB without keys. `keys`: an RDB that has some, or is damaged before it could tell. `other`: no RDB.
   * `special`: a folder, a device: nothing that can be replaced.
   */
  readonly holds: 'empty' | 'keys' | 'other' | 'special';
}

/** @returns undefined when there is none. Throws what the system says when it cannot be looked at */
export function earlierFile(path: string): EarlierFile | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && { bytes: stats.size, modified: stats.mtime, holds: whatItHolds(path, stats) };
}

/** `525 KB of 2026-11-22 13:10` */
export function sizeAndDate({ bytes, modified }: Pick<EarlierFile, 'bytes' | 'modified'>): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = [modified.getFullYear(), two(modified.getMonth() + 1), two(modified.getDate())].join('-');
  return `${formatBytes(bytes)} of ${day} ${two(modified.getHours())}:${two(modified.getMinutes())}`;
}

/** At most this much is read at a time. */
const BLOCK_BYTES = 64 * 1024;
const MAGIC = /^(REDIS|VALKEY)\d/;

function whatItHolds(path: string, stats: Stats): EarlierFile['holds'] {
  if (!stats.isFile()) return 'special';
  if (stats.size === 0) return 'empty';
  const file = openSync(path, 'r');
  try {
    return readToFirstKey(file);
  } finally {
    closeSync(file);
  }
}

function readToFirstKey(file: number): EarlierFile['holds'] {
  let keys = false;
  const reader = new RdbReader({ key: () => (keys = true) }, { mode: 'measure', verifyChecksum: false });
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let first = true; !keys && !reader.done; first = false) {
    const bytes = block.subarray(0, readSync(file, block));
    if (first && !MAGIC.test(bytes.toString('latin1', 0, 16))) return 'other';
    // It ends too early: what is missing may have been keys.
    if (bytes.length === 0) return 'keys';
    try {
      reader.push(bytes);
    } catch (error) {
      if (!(error instanceof RdbError)) throw error;
      // Damaged, or of a version that is unknown here.
      return 'keys';
    }
  }
  return keys ? 'keys' : 'empty';
}
