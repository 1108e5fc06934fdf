import { expect, it } from 'vitest';
import { isNoise } from '../../../src/cli/server/backup-log.js';

it.each([
  ['Redis version=7.2.6 (redis-ts), bits=64, PID: 7, just started', true],
  ['MASTER <-> REPLICA sync: Finished with success, 3 keys', true],
  ['redis-ts is now ready to exit, bye bye...', true],
  ['Connecting to MASTER 127.0.0.1:6379', false],
  ['Backup: /b/x.rdb: 10 B, 1 key, checksum ok, offset 7', false],
  ['Received SIGINT scheduling shutdown...', false],
])('%s: noise %s', (message, noise) => {
  expect(isNoise(message, 'notice')).toBe(noise);
  expect(isNoise(message, 'verbose')).toBe(false);
});
