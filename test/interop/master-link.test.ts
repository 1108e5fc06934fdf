/**
 * The link between our master and its replicas, beside a real master in the same state: what REPLCONF and PSYNC answer, INFO
 * replication and ROLE field for field, cuts and what they cost, WAIT with a replica that stands still, the tools of redis-cli.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type Reply } from '../../src/core/protocol/reply-decoder.js';
import { compareServers } from '../support/compare-servers.js';
import { eventually } from '../support/eventually.js';
import { type LiveServer, startLiveServer } from '../support/live-server.js';
import { wireOf } from '../support/memory-server.js';
import {
  atLeast,
  type RealRedis,
  realRedisAvailable,
  realRedisServers,
  startRealRedis,
} from '../support/real-redis.js';
import { attach, caughtUp, infoField, type Node } from '../support/replica-pair.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { startWriteLoad } from '../support/write-load.js';

const run = promisify(execFile);
const running: { stop(): Promise<void> }[] = [];
const sockets: Socket[] = [];
const folders: string[] = [];

async function ours(directives: Record<string, string> = {}): Promise<LiveServer> {
  const server = await startLiveServer(directives);
  running.push(server);
  return server;
}

async function real(bin: string, ...args: string[]): Promise<RealRedis> {
  const server = await startRealRedis({ bin, args });
  running.push(server);
  return server;
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of running.splice(0).reverse()) await server.stop();
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** A socket and what came over it, latin1. */
interface Raw {
  readonly socket: Socket;
  text: string;
  closed: boolean;
}

async function raw(port: number): Promise<Raw> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  const link: Raw = { socket, text: '', closed: false };
  socket.on('data', (chunk) => (link.text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  socket.on('close', () => (link.closed = true));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return link;
}

/** Sends lines one by one, each when the answer of the one before (if it has one) is there. */
async function introduce(port: number, ...lines: string[]): Promise<Raw> {
  const link = await raw(port);
  for (const line of lines) {
    const before = link.text.length;
    link.socket.write(wireOf(line), 'latin1');
    await eventually(() => link.text.length > before);
  }
  return link;
}

/** What a server answers to a command, and whether it still answers PING after it. */
async function answerTo(port: number, command: string, ...before: string[]): Promise<string> {
  const link = await introduce(port, ...before);
  const from = link.text.length;
  link.socket.write(command + wireOf('ECHO end-of-it'), 'latin1');
  await eventually(() => link.closed || link.text.includes('end-of-it'));
  return link.text.slice(from).replace(/[0-9a-f]{40}/g, '<replid>') + (link.closed ? '<closed>' : '');
}

function replicationLines(reply: Reply): string[] {
  const text = reply.type === 'bulk' || reply.type === 'verbatim' ? reply.value : '';
  return text
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) =>
      line
        .replace(/,lag=[01]$/, ',lag=0')
        .replace(/[0-9a-f]{40}/g, (id) => (/^0+$/.test(id) ? 'zeros' : '<replid>')),
    );
}

describe.skipIf(!realRedisAvailable())('a link to our master', () => {
  describe.each(realRedisServers())('redis $version', ({ bin, version }) => {
    const cli = join(dirname(bin), 'redis-cli');
    const since72 = atLeast(version, '7.2.0');

    it('a replica logs in with the least of rights, and is closed when its user goes', async () => {
      const [mine, theirs] = [await ours(), await real(bin, '--masteruser', 'rep', '--masterauth', 'secret')];
      await mine.call('ACL', 'SETUSER', 'rep', 'on', '>secret', '+psync', '+replconf', '+ping');
      await mine.call('ACL', 'SETUSER', 'default', 'off');
      await attach(theirs, mine);
      await mine.call('SET', 'k', 'v');
      await caughtUp(mine, theirs);
      expect(await theirs.call('GET', 'k')).toMatchObject({ value: 'v' });
      await mine.call('ACL', 'DELUSER', 'rep');
      await eventually(async () => (await infoField(theirs, 'master_link_status')) === 'down');
      expect(await infoField(mine, 'connected_slaves')).toBe('0');
    });

    it('REPLCONF, PSYNC and SYNC answer as the real one does', async () => {
      const [mine, theirs] = [await ours(), await real(bin)];
      const cases: [string, ...string[]][] = [
        [wireOf('REPLCONF')],
        [wireOf('REPLCONF listening-port')],
        [wireOf('REPLCONF listening-port x')],
        [wireOf('REPLCONF listening-port 6380 capa eof capa psync2 capa other')],
        [wireOf('REPLCONF nonsense 1')],
        [wireOf('REPLCONF capa eof nonsense 1 capa psync2')],
        [wireOf(`REPLCONF ip-address ${'a'.repeat(255)}`)],
        [wireOf(`REPLCONF ip-address ${'a'.repeat(256)}`)],
        [wireOf('REPLCONF rdb-only 2')],
        [wireOf('REPLCONF rdb-only x')],
        [wireOf('REPLCONF rdb-filter-only functions')],
        [wireOf('REPLCONF rdb-filter-only keys')],
        [wireOf('REPLCONF rdb-filter-only "x')],
        [wireOf('REPLCONF getack *')],
        [wireOf('REPLCONF ack 12')],
        [wireOf('REPLCONF ack x')],
        [wireOf('REPLCONF fack 12')],
        [wireOf('PSYNC')],
        [wireOf('PSYNC ?')],
        [wireOf('PSYNC ? x')],
        [wireOf('PSYNC ? -1 FAILOVER')],
        [wireOf('PING') + wireOf('PSYNC ? -1')],
        [wireOf('PSYNC ? -1'), 'REPLCONF rdb-filter-only functions'],
        [wireOf('PSYNC ? -1') + wireOf('EXEC'), 'MULTI'],
        [wireOf('SYNC') + wireOf('EXEC'), 'MULTI'],
        [wireOf('WAIT 0 0')],
        [wireOf('WAIT 1 1')],
        [wireOf('WAIT x 1')],
        [wireOf('WAIT 1 -1')],
        [wireOf('FAILOVER')],
        [wireOf('FAILOVER ABORT')],
        [wireOf('FAILOVER TO localhost')],
        [wireOf('FAILOVER TO localhost x')],
        [wireOf('FAILOVER TIMEOUT 0')],
        [wireOf('FAILOVER TIMEOUT x')],
        [wireOf('FAILOVER FORCE FORCE')],
        [wireOf('FAILOVER nonsense')],
      ];
      for (const [command, ...before] of cases) {
        expect([command, await answerTo(mine.port, command, ...before)]).toEqual([
          command,
          await answerTo(theirs.port, command, ...before),
        ]);
      }
    });

    it.runIf(since72)('what a replica must not send ends the link in both', async () => {
      const servers = [
        await ours({ 'repl-diskless-sync': 'no' }),
        await real(bin, '--repl-diskless-sync', 'no'),
      ];
      for (const line of ['PING', 'GET k', 'REPLCONF listening-port 1', 'PUBLISH a b']) {
        for (const { port } of servers) {
          const link = await introduce(port, 'PSYNC ? -1');
          await eventually(() => link.text.includes('\r\n$'));
          link.socket.write(wireOf(line), 'latin1');
          await eventually(() => link.closed);
          expect(link.text).not.toMatch(/\+PONG|-ERR|\+OK/);
        }
      }
    });

    it('INFO replication and ROLE are those of the real one in each state', async () => {
      const [mine, theirs] = [
        await ours({ 'repl-diskless-sync-delay': '1000' }),
        await real(bin, '--repl-diskless-sync-delay', '1000'),
      ];
      const both: Node[] = [mine, theirs];
      const same = async (): Promise<string[]> => {
        const [a, b] = await Promise.all(
          both.map(async (node) => replicationLines(await node.call('INFO', 'replication'))),
        );
        expect(a).toEqual(b);
        const [roleA, roleB] = await Promise.all(both.map((node) => node.call('ROLE')));
        expect(roleA).toEqual(roleB);
        return a;
      };
      expect(await same()).toContain('connected_slaves:0');

      // Waiting for its snapshot.
      const waiting = await Promise.all(
        both.map((node) =>
          introduce(node.port, 'REPLCONF listening-port 7001', 'REPLCONF capa eof', 'PSYNC ? -1'),
        ),
      );
      expect(await same()).toContain('slave0:ip=127.0.0.1,port=7001,state=wait_bgsave,offset=0,lag=0');

      // Online: with an address of its own, without a port, and two with the same port.
      for (const link of waiting) link.socket.destroy();
      await Promise.all(
        both.map((node) => eventually(async () => (await infoField(node, 'connected_slaves')) === '0')),
      );
      for (const announced of [
        ['REPLCONF listening-port 7002 ip-address 10.1.2.3', 'PSYNC ? -1'],
        ['PSYNC ? -1'],
        ['REPLCONF listening-port 7004', 'PSYNC ? -1'],
        ['REPLCONF listening-port 7004', 'PSYNC ? -1'],
      ]) {
        for (const node of both) {
          const count = Number(await infoField(node, 'connected_slaves'));
          const link = await introduce(node.port, ...announced);
          await eventually(async () =>
            ((await infoField(node, `slave${count}`)) ?? '').includes('state=online'),
          );
          link.socket.write(wireOf('REPLCONF ACK 0'));
        }
      }
      expect(await same()).toEqual([
        '# Replication',
        'role:master',
        'connected_slaves:4',
        'slave0:ip=10.1.2.3,port=7002,state=online,offset=0,lag=0',
        'slave1:ip=127.0.0.1,port=0,state=online,offset=0,lag=0',
        'slave2:ip=127.0.0.1,port=7004,state=online,offset=0,lag=0',
        'slave3:ip=127.0.0.1,port=7004,state=online,offset=0,lag=0',
        'master_failover_state:no-failover',
        'master_replid:<replid>',
        'master_replid2:zeros',
        'master_repl_offset:0',
        'second_repl_offset:-1',
        'repl_backlog_active:1',
        'repl_backlog_size:1048576',
        'repl_backlog_first_byte_offset:1',
        'repl_backlog_histlen:0',
      ]);

      for (const node of both) {
        await node.call('CONFIG', 'SET', 'min-replicas-to-write', '1');
        await node.call('SET', 'k', 'v');
      }
      expect(await same()).toContain('min_slaves_good_slaves:4');
    });

    it('PSYNC at the borders of the backlog answers as the real one does', async () => {
      const borders = async (node: Node): Promise<unknown[]> => {
        const first = await introduce(node.port, 'PSYNC ? -1');
        await eventually(async () => (await infoField(node, 'slave0'))?.includes('state=online'));
        const id = /FULLRESYNC (\w+)/.exec(first.text)![1];
        await node.call('SET', 'k', 'v');
        const end = Number(await infoField(node, 'master_repl_offset'));
        const seen: unknown[] = [end];
        const cases: [string, number | string][] = [
          ...[-1, 0, 1, 2, end, end + 1, end + 2, '9223372036854775807', '+1', '01'].map(
            (byte): [string, number | string] => [id, byte],
          ),
          [id.toUpperCase(), 1],
          ['?', 1],
          [`?${id.slice(1)}`, 1],
          [`${id}0`, 1],
          ['0'.repeat(40), -1],
        ];
        for (const [asked, byte] of cases) {
          const link = await introduce(node.port, 'REPLCONF capa psync2');
          const from = link.text.length;
          link.socket.write(wireOf(`PSYNC ${asked} ${byte}`), 'latin1');
          await eventually(() =>
            /\+FULLRESYNC.*\r\n|-ERR.*\r\n|\+CONTINUE.*\r\n/.test(link.text.slice(from)),
          );
          const counts = ['sync_full', 'sync_partial_ok', 'sync_partial_err'].map((name) =>
            infoField(node, name),
          );
          seen.push([byte, link.text.slice(from).split(' ')[0], ...(await Promise.all(counts))]);
          link.socket.destroy();
        }
        // The folder of a process that still writes a snapshot cannot be removed.
        await eventually(async () => (await infoField(node, 'rdb_bgsave_in_progress')) === '0');
        return seen;
      };
      const args = ['--repl-diskless-sync', 'no'];
      const [mine, theirs] = [await ours({ 'repl-diskless-sync': 'no' }), await real(bin, ...args)];
      expect(await borders(mine)).toEqual(await borders(theirs));
    }, 30_000);

    it('line feeds, ACKs of any size and half ACKs count as the real one counts them', async () => {
      const directives = { 'min-replicas-to-write': '1', 'min-replicas-max-lag': '1', 'repl-timeout': '2' };
      const seen = async (node: Node): Promise<unknown[]> => {
        const link = await introduce(node.port, 'REPLCONF capa eof', 'PSYNC ? -1');
        const lines = setInterval(() => link.socket.write('\n'), 300);
        try {
          await eventually(async () => (await infoField(node, 'slave0'))?.includes('state=online'));
          const since = Date.now();
          await eventually(() => Date.now() - since > 4_000);
          const told = [
            link.closed,
            await infoField(node, 'min_slaves_good_slaves'),
            await node.call('SET', 'k', 'v'),
          ];
          const before = link.text.length;
          for (const ack of ['-5', '7 FACK x', '3', 'x', '9223372036854775808', '9223372036854775807']) {
            link.socket.write(wireOf(`REPLCONF ACK ${ack}`), 'latin1');
            await node.call('PING');
            const shown = /offset=(\d+)/.exec((await infoField(node, 'slave0')) ?? '')?.[1];
            told.push(`${ack}: ${shown}, ${link.text.length > before ? 'streams' : 'held'}`);
          }
          await eventually(() => link.text.includes('SET'));
          return told.filter((line) => typeof line !== 'string' || !line.startsWith('3:'));
        } finally {
          clearInterval(lines);
        }
      };
      const args = Object.entries(directives).flatMap(([name, value]) => [`--${name}`, value]);
      const [mine, theirs] = [
        await ours(directives),
        await real(bin, '--repl-diskless-sync-delay', '0', ...args),
      ];
      const [a, b] = await Promise.all([seen(mine), seen(theirs)]);
      expect(a).toEqual(b);
    }, 30_000);

    it('five cuts under load are five partial resyncs when the backlog covers them', async () => {
      const master = await ours({ 'repl-backlog-size': '64mb' });
      const proxy = await startTcpProxy(master.port);
      running.push(proxy);
      const replica = await real(bin);
      await attach(replica, master, proxy.port);
      const full = await infoField(master, 'sync_full');
      const load = startWriteLoad(master.call, 1_000_000);
      for (let i = 0; i < 5; i++) {
        const at = load.bytes;
        await eventually(() => load.bytes > at + 200_000);
        proxy.cut();
        const cutAt = load.bytes;
        // A second's worth of writes.
        await eventually(() => load.bytes > cutAt + 1_000_000);
        proxy.restore();
        await eventually(async () => (await infoField(master, 'sync_partial_ok')) === String(i + 1));
      }
      await load.stop();
      await eventually(
        async () =>
          !/expires=[1-9]/.test(String(((await master.call('INFO', 'keyspace')) as { value: string }).value)),
      );
      await caughtUp(master, replica);
      expect(await infoField(master, 'sync_full')).toBe(full);
      expect((await compareServers(master.call, replica.call)).differences).toEqual([]);
    }, 60_000);

    it('a cut that the backlog does not cover is a full resync, and the log says why', async () => {
      const master = await ours({ 'repl-backlog-size': '1mb' });
      const proxy = await startTcpProxy(master.port);
      running.push(proxy);
      const replica = await real(bin);
      await attach(replica, master, proxy.port);
      proxy.cut();
      for (let i = 0; i < 40; i++) await master.call('SET', `k${i}`, 'x'.repeat(50_000));
      proxy.restore();
      await caughtUp(master, replica);
      expect([await infoField(master, 'sync_full'), await infoField(master, 'sync_partial_ok')]).toEqual([
        '2',
        '0',
      ]);
      expect(await infoField(master, 'sync_partial_err')).toBe('2');
      const why = master.log.find((line) => line.includes('for lack of backlog'));
      const [, asked, first] = /Replica request was: (\d+), the backlog holds (\d+) to \d+/.exec(why ?? '')!;
      expect(Number(asked)).toBeLessThan(Number(first));
      expect((await compareServers(master.call, replica.call)).differences).toEqual([]);
    });

    it('WAIT counts a replica that runs, and waits for one that stands still', async () => {
      const master = await ours();
      const replica = await real(bin);
      await attach(replica, master);
      await master.call('SET', 'k', '1');
      expect(await master.call('WAIT', '1', '1000')).toEqual({ type: 'integer', value: 1 });
      process.kill(replica.pid, 'SIGSTOP');
      try {
        await master.call('SET', 'k', '2');
        const from = performance.now();
        expect(await master.call('WAIT', '1', '1000')).toEqual({ type: 'integer', value: 0 });
        expect(performance.now() - from).toBeGreaterThanOrEqual(990);
        expect(performance.now() - from).toBeLessThan(2_000);
      } finally {
        process.kill(replica.pid, 'SIGCONT');
      }
      expect(await master.call('WAIT', '1', '5000')).toEqual({ type: 'integer', value: 1 });
    });

    it('a real replica takes over, keeps its siblings, and we follow it', async () => {
      const master = await ours();
      const [next, sibling] = [await real(bin), await real(bin)];
      await Promise.all([attach(next, master), attach(sibling, master)]);
      await master.call('SET', 'k', 'before');
      await Promise.all([caughtUp(master, next), caughtUp(master, sibling)]);
      await next.must('REPLICAOF', 'NO', 'ONE');
      await next.must('SET', 'k', 'after');
      await sibling.must('REPLICAOF', '127.0.0.1', next.port);
      await master.call('REPLICAOF', '127.0.0.1', next.port);
      await Promise.all([caughtUp(next, master), caughtUp(next, sibling)]);
      expect(await infoField(next, 'sync_full')).toBe('0');
      expect(await infoField(next, 'sync_partial_ok')).toBe('2');
      expect(await master.call('GET', 'k')).toEqual({ type: 'bulk', value: 'after' });
    });

    it('a real master hands over to us with FAILOVER, and follows', async () => {
      const master = await real(bin, '--repl-diskless-sync-delay', '0');
      const mine = await ours();
      await attach(mine, master);
      await master.must('SET', 'k', 'v');
      await eventually(async () =>
        /state=online/.test(JSON.stringify(await master.call('INFO', 'replication'))),
      );
      await master.must('FAILOVER', 'TO', '127.0.0.1', mine.port, 'TIMEOUT', '10000');
      await eventually(async () => (await infoField(mine, 'role')) === 'master');
      await caughtUp(mine, master);
      expect(await infoField(mine, 'sync_partial_ok')).toBe('1');
      expect(await infoField(mine, 'sync_full')).toBe('0');
      await mine.call('SET', 'k', 'after');
      await caughtUp(mine, master);
      expect(await master.call('GET', 'k')).toEqual({ type: 'bulk', value: 'after' });
      expect(await infoField(mine, 'master_failover_state')).toBe('no-failover');
    });

    it.runIf(existsSync(cli))('redis-cli takes snapshots and the stream', async () => {
      const donor = await real(bin);
      await donor.must('SET', 'k', 'v');
      await donor.must(
        'FUNCTION',
        'LOAD',
        "#!lua name=lib\nredis.register_function('f', function() return 1 end)",
      );
      await donor.must('SAVE');
      const master = await ours({ dir: donor.dir });
      const dir = mkdtempSync(join(tmpdir(), 'redis-ts-cli-'));
      folders.push(dir);
      const to = ['-p', String(master.port)];
      await run(cli, [...to, '--rdb', join(dir, 'whole.rdb')]);
      const check = join(dirname(bin), 'redis-check-rdb');
      expect(execFileSync(check, [join(dir, 'whole.rdb')], { encoding: 'utf8' })).toContain('RDB looks OK!');
      await run(cli, [...to, '--functions-rdb', join(dir, 'functions.rdb')]);
      const functions = readFileSync(join(dir, 'functions.rdb'), 'latin1');
      expect(functions).toContain('name=lib');
      expect(execFileSync(check, [join(dir, 'functions.rdb')], { encoding: 'utf8' })).toMatch(
        /\[info\] 0 keys read/,
      );

      const watching = spawn(cli, [...to, '--replica'], { stdio: ['ignore', 'pipe', 'pipe'] });
      try {
        let text = '';
        for (const stream of [watching.stdout, watching.stderr])
          stream.on('data', (chunk) => (text += String(chunk)));
        await eventually(async () => (await infoField(master, 'slave0'))?.includes('state=online'));
        await eventually(() => /done after \d+ bytes\. Logging commands from master/.test(text));
        await master.call('SET', 'streamed', 'x y');
        await eventually(() => text.includes('"SET","streamed","x y"'));
      } finally {
        watching.kill('SIGKILL');
      }
      await eventually(async () => (await infoField(master, 'connected_slaves')) === '0');
    });
  });
});
