import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { fromText } from '../../../src/core/base/bytes.js';
import { SystemDisk } from '../../../src/core/persistence/disk-system.js';

const folder = mkdtempSync(path.join(tmpdir(), 'redis-ts-Ünï-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('takes paths as the bytes that the configuration has', () => {
  const disk = new SystemDisk();
  const dir = fromText(folder);
  disk.checkFolder(dir);
  const file = disk.join(dir, fromText('dümp.rdb'));
  const writer = disk.create(file);
  writer.writeSync(Buffer.from('abc'));
  writer.closeSync();
  expect(disk.exists(file)).toBe(true);
  const reader = disk.open(file);
  expect(reader.sizeBytes).toBe(3);
  reader.close();
  disk.writeText(disk.join(dir, fromText('cönf')), 'x');
  disk.rename(file, disk.join(dir, fromText('ß')));
  expect(readdirSync(folder).sort()).toEqual(['cönf', 'ß']);
  expect(disk.readText(disk.join(dir, fromText('cönf')))).toBe('x');
  disk.remove(disk.join(dir, fromText('ß')));
  expect(existsSync(path.join(folder, 'ß'))).toBe(false);
});
