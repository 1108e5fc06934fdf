/** Diagnoses that need a real server in a state of its own: a Sentinel, a ring, a position that is gone, an ACL. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ascii } from '../../src/core/base/bytes.js';
import { SystemClock } from '../../src/core/base/clock-system.js';
import { connectTo } from '../../src/core/net/client-connection.js';
import { eventually } from '../support/eventually.js';
import { examinePort, type Examined } from '../support/examine.js';
import {
  realRedisAvailable,
  realRedisServers,
  startRealRedis,
  type RealRedis,
} from '../support/real-redis.js';
import { freePort } from '../support/server-process.js';

let servers: RealRedis[] = [];
afterEach(async () => {
  for (const server of servers) await server.stop();
  servers = [];
});

const dialHost = (host: string, port: number) =>
  connectTo({ kind: 'tcp', host, port, tls: false }, { clock: new SystemClock() });
const PATIENT = { timeoutMs: 5000, idleMs: 15_000, dialHost };

describe.skipIf(!realRedisAvailable())('a real redis-server', () => {
  describe.each(realRedisServers())('$version', ({ bin }) => {
    const start = async (...args: string[]): Promise<RealRedis> => {
      const server = await startRealRedis({ bin, args: ['--repl-diskless-sync', 'no', ...args] });
      servers.push(server);
      return server;
    };
    const info = async (server: RealRedis): Promise<string> => {
      const reply = await server.must('INFO', 'replication');
      return reply.type === 'bulk' ? reply.value : '';
    };
    const position = async (server: RealRedis): Promise<{ replid: string; offset: number }> => {
      const text = await info(server);
      const [, replid = ''] = /master_replid:([0-9a-f]{40})/.exec(text) ?? [];
      const [, offset = ''] = /master_repl_offset:(\d+)/.exec(text) ?? [];
      return { replid, offset: Number(offset) };
    };
    const ask = (server: RealRedis, replid: string, offset: number): Promise<Examined> =>
      examinePort(server.port, { ...PATIENT, aim: { replid: ascii(replid), offset } });

    it('is told from a replica of itself, and from a ring', async () => {
      const one = await start();
      const two = await start();
      const down = (server: RealRedis) =>
        eventually(async () => (await info(server)).includes('master_link_status:down'));
      await one.must('REPLICAOF', '127.0.0.1', String(one.port));
      await down(one);
      expect((await examinePort(one.port, PATIENT)).ids).toEqual(['replica-of-itself']);
      await two.must('REPLICAOF', '127.0.0.1', String(one.port));
      await one.must('REPLICAOF', '127.0.0.1', String(two.port));
      await down(two);
      expect((await examinePort(one.port, PATIENT)).ids).toEqual(['replication-ring']);
    });

    it('says why a position is not continued', async () => {
      const server = await start('--repl-backlog-size', '16kb', '--repl-ping-replica-period', '1000');
      const before = await position(server);
      expect((await ask(server, before.replid, 1)).ids).toEqual(['first-replica']);
      for (let i = 0; i < 64; i++) await server.must('SET', `k${i}`, 'x'.repeat(1024));
      const now = await position(server);
      expect((await ask(server, now.replid, 1)).ids).toEqual(['resync-behind-backlog']);
      expect((await ask(server, 'f'.repeat(40), 1)).ids).toEqual(['resync-other-history']);
      expect((await ask(server, now.replid, now.offset + 1000)).ids).toEqual(['resync-ahead']);
      expect((await ask(server, now.replid, (await position(server)).offset + 1)).ids).toEqual([]);
    });

    it('is told from its Sentinel', async () => {
      const dir = mkdtempSync(path.join(os.tmpdir(), 'redis-ts-sentinel-'));
      const port = await freePort();
      const file = path.join(dir, 'sentinel.conf');
      writeFileSync(file, `port ${port}\nbind 127.0.0.1\ndir ${dir}\n`);
      const sentinel = spawn(bin, [file, '--sentinel'], { stdio: 'ignore' });
      const gone = new Promise((resolve) => sentinel.once('close', resolve));
      try {
        await eventually(
          async () => (await examinePort(port, { ...PATIENT, aim: 'none' })).verdict === 'passed',
        );
        expect((await examinePort(port, PATIENT)).ids).toEqual(['sentinel-port', 'replconf-unknown']);
      } finally {
        sentinel.kill('SIGKILL');
        await gone;
        rmSync(dir, { recursive: true, force: true });
      }
    });

    it('names what its ACL lacks', async () => {
      const server = await start();
      await server.must('ACL', 'SETUSER', 'repl', 'on', '>secret1', '+psync', '+ping');
      const login = { ...PATIENT, user: 'repl', pass: 'secret1' };
      expect((await examinePort(server.port, login)).ids).toEqual(['noperm-replconf']);
      await server.must('ACL', 'SETUSER', 'repl', '-psync', '+replconf');
      const { ids, finding } = await examinePort(server.port, login);
      expect(ids).toEqual(['noperm-psync']);
      expect(finding('noperm-psync')?.text).toContain('`+psync`');
      await server.must('ACL', 'SETUSER', 'repl', '+psync');
      expect((await examinePort(server.port, login)).ids).toEqual([]);
      await server.must('ACL', 'SETUSER', 'default', '-ping');
      expect((await examinePort(server.port, login)).ids).toEqual(['noperm-ping']);
    });

    it('tells that another child keeps it busy', async () => {
      const server = await start('--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0');
      for (let i = 0; i < 250; i++) await server.must('SET', `k${i}`, 'v');
      // 5 s for the child that begins now; ours is not slowed down.
      await server.must('CONFIG', 'SET', 'rdb-key-save-delay', '20000');
      await server.must('BGSAVE');
      await server.must('CONFIG', 'SET', 'rdb-key-save-delay', '0');
      const { ids, verdict } = await examinePort(server.port, PATIENT);
      expect(ids).toEqual(['other-child-running']);
      expect(verdict).toBe('passed');
    }, 30_000);

    it('refuses an announced name that is too long', async () => {
      const server = await start();
      const { ids, verdict } = await examinePort(server.port, { ...PATIENT, announceIp: 'x'.repeat(300) });
      expect(ids).toEqual(['announce-ip-too-long']);
      expect(verdict).toBe('passed');
    });

    it('is reached by the second address of a name', async () => {
      const server = await start('--bind', '127.0.0.1');
      const probe = await new Promise<boolean>((resolve) => {
        const socket = net.connect({ host: '::1', port: server.port });
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
      });
      const { ids, verdict } = await examinePort(server.port, { ...PATIENT, host: 'localhost' });
      expect(verdict).toBe('passed');
      // Only where the resolver gives ::1 first and this host has it.
      expect(probe ? ['', 'address-family'] : ['']).toContain(ids.join(' '));
    });
  });
});
