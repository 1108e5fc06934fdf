/** `handshake --conformance` against real servers and our own: every variant passes. */
import { describe, expect, it } from 'vitest';
import { runConformanceOn } from '../support/conformance.js';
import { realRedisAvailable, realRedisServers, startRealRedis } from '../support/real-redis.js';
import { startCli } from '../support/run-cli.js';

const SLOW_MS = 60_000;
const FEW = ['--repl-diskless-sync-delay', '1'];

describe.skipIf(!realRedisAvailable())('the conformance of real servers', () => {
  describe.each(realRedisServers())('$version', ({ bin }) => {
    it.each(['yes', 'no'])(
      'passes every variant, diskless %s',
      async (diskless) => {
        const server = await startRealRedis({ bin, args: [...FEW, '--repl-diskless-sync', diskless] });
        try {
          await server.must('MSET', 'a', '1', 'b', '2');
          const { verdict, failures, passed, skipped } = await runConformanceOn(server.port);
          expect(failures).toEqual([]);
          expect(skipped).toEqual([]);
          expect(passed.length).toBeGreaterThan(25);
          expect(verdict).toBe('passed');
        } finally {
          await server.stop();
        }
      },
      SLOW_MS,
    );

    it(
      'passes with a password',
      async () => {
        const server = await startRealRedis({ bin, args: [...FEW, '--repl-diskless-sync', 'no'] });
        try {
          await server.must('CONFIG', 'SET', 'requirepass', 'hunter22');
          const { failures, skipped } = await runConformanceOn(server.port, { pass: 'hunter22' });
          expect([failures, skipped]).toEqual([[], []]);
        } finally {
          await server.stop();
        }
      },
      SLOW_MS,
    );
  });
});

describe('the conformance of redis-ts serve', () => {
  it.each(['yes', 'no'])(
    'passes every variant, diskless %s',
    async (diskless) => {
      const child = startCli([
        'serve',
        '--port',
        '0',
        '--save',
        '',
        ...FEW,
        '--repl-diskless-sync',
        diskless,
      ]);
      const gone = new Promise((resolve) => child.once('close', resolve));
      try {
        const port = await new Promise<number>((resolve, reject) => {
          let log = '';
          child.stdout.on('data', (chunk: Buffer) => {
            log += chunk.toString();
            const found = /Listening on port (\d+)[^]*Ready to accept/.exec(log);
            if (found) resolve(Number(found[1]));
          });
          child.once('close', () => reject(new Error(`it ended\n${log}`)));
        });
        const { verdict, failures, skipped } = await runConformanceOn(port);
        expect([failures, skipped]).toEqual([[], []]);
        expect(verdict).toBe('passed');
      } finally {
        child.kill('SIGKILL');
        await gone;
      }
    },
    SLOW_MS,
  );
});
