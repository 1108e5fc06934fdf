/** `redis-ts inspect`, as a process, of real servers: a master with two replicas and what can go wrong with them. */
import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Report } from '../../src/core/inspect/model.js';
import { findField, parseInfo } from '../../src/core/info/parse.js';
import { eventually } from '../support/eventually.js';
import {
  type RealRedis,
  realRedisAvailable,
  realRedisServers,
  startRealRedis,
} from '../support/real-redis.js';
import { type CliResult, runCli } from '../support/run-cli.js';

const schema = readFileSync(new URL('../../docs/inspect.schema.json', import.meta.url), 'utf8');
const validate = new Ajv({ allErrors: true }).compile(JSON.parse(schema) as object);

const info = async (server: RealRedis, field: string) => {
  const reply = await server.must('INFO', 'replication');
  return findField(parseInfo(reply.type === 'bulk' ? reply.value : ''), field);
};

const inspect = (server: RealRedis, ...args: string[]) =>
  runCli(['inspect', `127.0.0.1:${server.port}`, ...args]);

const parsed = (result: CliResult): Report => {
  const value: unknown = JSON.parse(result.stdout);
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
  return value as Report;
};

const servers = realRedisAvailable() ? realRedisServers() : [{ bin: '', version: '(none installed)' }];

describe.skipIf(!realRedisAvailable()).each(servers)('inspect redis $version', ({ bin, version }) => {
  let master: RealRedis;
  const replicas: RealRedis[] = [];

  const follow = async (...args: string[]) => {
    const replicaof = ['--replicaof', `127.0.0.1 ${master.port}`];
    const replica = await startRealRedis({ bin, args: [...replicaof, ...args] });
    replicas.push(replica);
    await eventually(async () => (await info(replica, 'master_link_status')) === 'up');
    return replica;
  };

  beforeAll(async () => {
    master = await startRealRedis({ bin, args: ['--repl-diskless-sync-delay', '0'] });
    await follow();
    await follow('--replica-announce-ip', '172.17.0.3', '--replica-announce-port', '7777');
  }, 60_000);

  afterAll(async () => {
    await Promise.all([master, ...replicas].map((server) => server.stop()));
  });

  it('shows every field of INFO replication in its order', async () => {
    const reply = await master.must('INFO', 'replication');
    const names = parseInfo(reply.type === 'bulk' ? reply.value : '')[0].fields.map(([name]) => name);
    const result = parsed(await inspect(master, '--json'));
    expect(result.info.map(({ name }) => name)).toEqual(names);
    expect(names).toContain('slave1');
    const { stdout } = await inspect(master);
    const shown = stdout
      .slice(stdout.indexOf('INFO replication\n'))
      .split('\n')
      .slice(1, names.length + 1);
    expect(shown.map((line) => line.trim().split(' ')[0])).toEqual(names);
  });

  it('has the offsets right, as the replicas themselves have them', async () => {
    for (let i = 0; i < 200; i++) await master.must('SET', `key:${i}`, 'x'.repeat(100));
    const offset = await info(master, 'master_repl_offset');
    for (const replica of replicas) {
      await eventually(async () => (await info(replica, 'slave_repl_offset')) === offset);
    }
    const acknowledged = async () => (await info(master, 'slave0'))?.includes(`offset=${offset},`);
    await eventually(
      async () => (await acknowledged()) && (await info(master, 'slave1'))?.includes(`offset=${offset},`),
    );
    const { server, replicas: shown, backlog, status, findings } = parsed(await inspect(master, '--json'));
    // A PING of 14 bytes may have been sent since.
    const ping = server.offset! - Number(offset);
    expect([0, 14]).toContain(ping);
    expect(server).toMatchObject({ product: 'redis', version, role: 'master' });
    expect(shown).toHaveLength(2);
    for (const replica of shown) {
      expect(replica).toMatchObject({ state: 'online', from: { ip: '127.0.0.1' } });
      expect([0, 14]).toContain(replica.behindBytes);
      expect(replica.outputLimitBytes).toBe(268_435_456);
      expect(replica.ackAgeSeconds).toBeLessThanOrEqual(2);
    }
    expect(shown.map(({ announced }) => announced)).toEqual([
      { ip: '127.0.0.1', port: replicas[0].port },
      { ip: '172.17.0.3', port: 7777 },
    ]);
    expect(backlog).toMatchObject({ active: true, lastByteOffset: server.offset });
    expect(findings.map(({ id, replica }) => [id, replica])).toEqual([
      ['announced-not-peer', 1],
      ['master-without-persistence', undefined],
    ]);
    expect(status).toBe('warning');
  });

  it('is told how many replicas there should be', async () => {
    const look = (n: number) => inspect(master, '--json', '--expect-replicas', String(n));
    const ids = async (n: number) => {
      const { expectedReplicas, findings } = parsed(await look(n));
      expect(expectedReplicas).toBe(n);
      return findings.map(({ id }) => id).filter((id) => id.startsWith('replicas-'));
    };
    expect(await ids(2)).toEqual([]);
    expect((await look(3)).code).toBe(2);
    expect(await ids(3)).toEqual(['replicas-missing']);
    expect(await ids(1)).toEqual(['replicas-unexpected']);
    // A replica of its own is none of its master's.
    expect((await inspect(replicas[0], '--expect-replicas', '0', '--sample-for', '0')).code).toBe(0);
    const third = await startRealRedis({ bin, args: ['--replicaof', `127.0.0.1 ${master.port}`] });
    await eventually(async () => (await look(3)).code !== 2);
    await third.stop();
    await eventually(async () => (await look(3)).code === 2);
    expect(parsed(await look(3)).findings[0].text).toContain('2 of 3 expected replicas are attached');
  });

  it('exits as a monitoring plugin does', async () => {
    expect((await inspect(replicas[0])).code).toBe(0);
    expect((await inspect(master)).code).toBe(1);
    await master.must('CONFIG', 'SET', 'min-replicas-to-write', '3');
    await eventually(async () => (await info(master, 'min_slaves_good_slaves')) === '2');
    const result = await inspect(master);
    expect(result.stdout).toContain('writes are refused (NOREPLICAS): 2 good replicas');
    expect(result.code).toBe(2);
    await master.must('CONFIG', 'SET', 'min-replicas-to-write', '0');
  });

  it('reports the link upward from a replica', async () => {
    const { link, server } = parsed(await inspect(replicas[0], '--json'));
    expect(server.role).toBe('slave');
    expect(link).toMatchObject({
      master: { host: '127.0.0.1', port: master.port },
      up: true,
      state: 'connected',
      readOnly: true,
      unappliedBytes: 0,
      upstream: { address: `127.0.0.1:${master.port}`, replid: server.replid },
    });
    expect([0, 14]).toContain(link?.behindBytes);
  });

  it('prints INFO replication untouched with --raw', async () => {
    const { stdout, code } = await inspect(replicas[0], '--raw');
    expect(stdout).toMatch(/^# Replication\r\nrole:slave\r\nmaster_host:127\.0\.0\.1\r\n/);
    expect(stdout.endsWith('\r\n')).toBe(true);
    expect(code).toBe(0);
  });

  it('works with +info alone and says what it misses', async () => {
    await master.must('ACL', 'SETUSER', 'watcher', 'on', '>s3cret', '+info');
    const args = ['--user', 'watcher', '--json'];
    const env = { REDISCLI_AUTH: 's3cret' };
    const result = parsed(await runCli(['inspect', `127.0.0.1:${master.port}`, ...args], { env }));
    expect(result.missing.map(({ command, rule }) => [command, rule])).toEqual([
      ['CONFIG GET', '+config|get'],
      ['CLIENT LIST', '+client|list'],
    ]);
    expect(result.replicas[0]).toMatchObject({ state: 'online' });
    expect(result.replicas[0].from).toBeUndefined();
    await master.must('ACL', 'SETUSER', 'watcher', '+client|list', '+config|get');
    const more = parsed(await runCli(['inspect', `127.0.0.1:${master.port}`, ...args], { env }));
    expect(more.missing).toEqual([]);
  });

  it('sees a link that is down', async () => {
    const replica = await follow();
    const free = await startRealRedis({ bin });
    await free.stop();
    await replica.must('REPLICAOF', '127.0.0.1', free.port);
    await eventually(async () => (await info(replica, 'master_link_status')) === 'down');
    const result = await inspect(replica);
    expect(result.stdout).toContain(`the link to the master 127.0.0.1:${free.port} `);
    // Nobody is sent to a master that is down.
    expect(result.stdout).toContain('Attach nobody to it');
    expect(result.code).toBe(2);
  });
});
