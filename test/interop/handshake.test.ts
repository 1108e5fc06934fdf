/** The handshake against real servers: both forms of the snapshot, login, probe, stream, and states that refuse a replica. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  realRedisAvailable,
  realRedisServers,
  startRealRedis,
  type RealRedis,
} from '../support/real-redis.js';
import { examinePort } from '../support/examine.js';
import { eventually } from '../support/eventually.js';

let servers: RealRedis[] = [];
afterEach(async () => {
  for (const server of servers) await server.stop();
  servers = [];
});

const PATIENT = { timeoutMs: 5000, idleMs: 15_000 };

describe.skipIf(!realRedisAvailable())('a real redis-server', () => {
  describe.each(realRedisServers())('$version', ({ bin }) => {
    const start = async (...args: string[]): Promise<RealRedis> => {
      const server = await startRealRedis({ bin, args });
      servers.push(server);
      return server;
    };

    it('sends $<length> when it is not diskless', async () => {
      const server = await start('--repl-diskless-sync', 'no');
      await server.must('MSET', 'a', '1', 'b', '2');
      await server.must('RPUSH', 'l', 'x');
      const { ids, verdict, events } = await examinePort(server.port, PATIENT);
      expect(ids).toEqual([]);
      expect(verdict).toBe('passed');
      expect(events.find((e) => e.kind === 'snapshot-begin')).toMatchObject({ form: 'length' });
      expect(events.find((e) => e.kind === 'snapshot-end')).toMatchObject({
        report: { keys: 3, keysByType: { string: 2, list: 1 }, checksum: { state: 'ok' }, extraBytes: 0 },
      });
    });

    it('sends $EOF after its delay when it is diskless, with keepalives before', async () => {
      const server = await start('--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '1');
      await server.must('SET', 'a', '1');
      const { ids, events } = await examinePort(server.port, PATIENT);
      expect(ids).toEqual([]);
      expect(events.find((e) => e.kind === 'cost')).toMatchObject({ of: 'full', waitSeconds: 1 });
      expect(events.find((e) => e.kind === 'snapshot-begin')).toMatchObject({ form: 'eof' });
      expect(events.find((e) => e.kind === 'snapshot-end')).toMatchObject({
        report: { keys: 1, checksum: { state: 'ok' } },
      });
      const [listing] = events.filter((e) => e.kind === 'listing');
      expect(listing).toMatchObject({ listed: 1, lines: [expect.stringContaining('port=6380') as string] });
    });

    it('streams what is written, and its offset is ours', async () => {
      const server = await start('--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0');
      const writing = eventually(async () => {
        const info = await server.must('INFO', 'replication');
        return info.type === 'bulk' && info.value.includes('state=online');
      }).then(() => server.must('SET', 'k', 'v'));
      const { ids, events } = await examinePort(server.port, { ...PATIENT, follow: { count: 2 } });
      await writing;
      expect(ids).toEqual([]);
      const commands = events.filter((e) => e.kind === 'command');
      expect(commands.map((e) => e.args[0])).toEqual(['SELECT', 'SET']);
      const end = events.find((e) => e.kind === 'stream-end');
      const listing = events.find((e) => e.kind === 'listing');
      expect(end).toMatchObject({ commands: 2 });
      expect(end?.kind === 'stream-end' && listing?.kind === 'listing' && listing.masterOffset).toBe(
        end?.kind === 'stream-end' && end.offset,
      );
    });

    it('continues a probe at its current position without a snapshot', async () => {
      const server = await start('--repl-diskless-sync', 'no');
      expect((await examinePort(server.port, { ...PATIENT, aim: 'probe' })).ids).toEqual([
        'probe-needs-backlog',
      ]);
      await examinePort(server.port, PATIENT);
      const stats = async (): Promise<string> => {
        const reply = await server.must('INFO', 'stats');
        return reply.type === 'bulk' ? reply.value : '';
      };
      expect(await stats()).toContain('sync_full:1');
      const { ids, outcome } = await examinePort(server.port, { ...PATIENT, aim: 'probe' });
      expect(ids).toEqual([]);
      expect(outcome).toMatchObject({
        kind: 'continue',
        replid: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
      });
      expect(await stats()).toContain('sync_full:1');
      expect(await stats()).toContain('sync_partial_ok:1');
    });

    it('takes the burst of Redis 6.2 and later', async () => {
      const server = await start('--repl-diskless-sync', 'no');
      await server.must('CONFIG', 'SET', 'requirepass', 'hunter22');
      const { ids, outcome } = await examinePort(server.port, {
        ...PATIENT,
        manner: 'burst',
        pass: 'hunter22',
      });
      expect(ids).toEqual([]);
      expect(outcome.kind).toBe('full');
    });

    it('wants its password', async () => {
      const server = await start();
      await server.must('CONFIG', 'SET', 'requirepass', 'hunter22');
      expect((await examinePort(server.port, PATIENT)).ids).toEqual(['noauth']);
      const wrong = await examinePort(server.port, { ...PATIENT, pass: 'wrong-one' });
      expect(wrong.ids).toEqual(['wrongpass']);
      expect(JSON.stringify(wrong.events)).not.toContain('wrong-one');
    });

    it('refuses a password where it has none', async () => {
      const server = await start();
      expect((await examinePort(server.port, { ...PATIENT, pass: 'x1y2' })).ids).toEqual([
        'auth-without-password',
      ]);
    });

    it('refuses a user without the right to PSYNC', async () => {
      const server = await start();
      await server.must('ACL', 'SETUSER', 'eve', 'on', '>pw1234', '+ping', '+replconf');
      const { ids } = await examinePort(server.port, { ...PATIENT, user: 'eve', pass: 'pw1234' });
      expect(ids).toEqual(['noperm-psync']);
    });

    it('has no link to hand on as a replica of nobody', async () => {
      const server = await start('--replicaof', '127.0.0.1 1');
      expect((await examinePort(server.port, PATIENT)).ids).toEqual(['nomasterlink']);
    });

    it('refuses PING as a stale replica that may not serve', async () => {
      const server = await start('--replicaof', '127.0.0.1 1');
      await server.must('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
      expect((await examinePort(server.port, PATIENT)).ids).toEqual(['masterdown']);
    });

    it('has no PSYNC when it was renamed away', async () => {
      const server = await start('--rename-command', 'PSYNC', '');
      expect((await examinePort(server.port, PATIENT)).ids).toEqual(['psync-unknown']);
    });

    it('warns where min-replicas-to-write counts us', async () => {
      const server = await start('--repl-diskless-sync', 'no', '--min-replicas-to-write', '1');
      const { events } = await examinePort(server.port, PATIENT);
      expect(events.find((e) => e.kind === 'warning')).toMatchObject({
        text: expect.stringContaining('min-replicas-to-write is 1') as string,
      });
    });

    it('refuses PING while it loads', async () => {
      const server = await start('--enable-debug-command', 'yes');
      await server.must('DEBUG', 'POPULATE', '4000');
      await server.must(
        'CONFIG',
        'SET',
        'key-load-delay',
        '500',
        'loading-process-events-interval-bytes',
        '1024',
      );
      const reload = server.call('DEBUG', 'RELOAD');
      // Saving comes first, and takes a moment.
      let ids: readonly string[] = [];
      await eventually(async () => {
        ({ ids } = await examinePort(server.port, { ...PATIENT, aim: 'none' }));
        return ids.length > 0;
      });
      expect(ids).toEqual(['loading']);
      await server.must('CONFIG', 'SET', 'key-load-delay', '0');
      await reload;
    });

    it('takes no more clients than it may', async () => {
      const server = await start('--maxclients', '1');
      await server.must('PING');
      expect((await examinePort(server.port, PATIENT)).ids).toEqual(['max-clients']);
    });
  });
});
