/** `redis-ts handshake --between` as its users run it: between home-made ones, and between real servers. */
import { type ChildProcessWithoutNullStreams } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { command, fullSync, startFakeMaster } from '../support/fake-master.js';
import { FakeReplica } from '../support/fake-replica.js';
import {
  realRedisAvailable,
  realRedisServers,
  startRealRedis,
  type RealRedis,
} from '../support/real-redis.js';
import { runCli, startCli } from '../support/run-cli.js';
import { replayLines, schemaFaults } from '../support/tape-check.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

interface Run {
  readonly child: ChildProcessWithoutNullStreams;
  readonly port: number;
  readonly out: () => string;
  readonly ended: Promise<number | null>;
}

async function start(targetPort: number, ...flags: string[]): Promise<Run> {
  const child = startCli(['handshake', `127.0.0.1:${targetPort}`, '--between', ':0', ...flags]);
  undo.push(() => child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const listening = (): string | undefined =>
    /connects to [^\n]*:(\d+)\n|"between":"[^"]*:(\d+)"/.exec(out)?.slice(1).find(Boolean);
  await eventually(() => listening() !== undefined);
  return { child, ended, out: () => out, port: Number(listening()) };
}

const STREAM = command('SET', 'user:1000', 'secret') + command('REPLCONF', 'GETACK', '*');

async function badReplica(port: number): Promise<void> {
  const replica = await FakeReplica.attach(port, { answer: (r) => r.offset + r.wireLength });
  undo.push(() => replica.stop());
}

describe('redis-ts handshake --between', () => {
  it('shows both directions, what each side does wrong, and a summary on Ctrl-C', async () => {
    const master = await startFakeMaster({ on: { psync: () => fullSync('REDIS0009\xff') + STREAM } });
    undo.push(() => master.stop());
    const run = await start(master.port, '--follow');
    await badReplica(run.port);
    await eventually(() => run.out().includes('✖ getack-counted-early (the replica, connection 1)'));
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    const text = run.out();
    expect(text).toMatch(
      /^→ 127\.0\.0\.1:\d+, between it and who connects to 127\.0\.0\.1:\d+\n\n→ connection 1 from /,
    );
    expect(text).toMatch(/ > REPLCONF listening-port 6380\n.* < \+OK +✔\n/);
    expect(text).toContain('  ✖ snapshot-without-checksum (the master, connection 1)\n');
    expect(text).toMatch(/ < +40 {2}SET user:1000 secret\n/);
    expect(text.match(/< +77 {2}REPLCONF GETACK \* {3}40 is the answer\n/g)).toHaveLength(1);
    expect(text.match(/GETACK \*/g)).toHaveLength(1);
    expect(text).toMatch(/ > REPLCONF ACK 77 \(all that was sent; 40 was asked\): getack-counted-early +✖\n/);
    expect(text.match(/^✖ [a-z-]+$/gm)?.sort()).toEqual([
      '✖ getack-counted-early',
      '✖ snapshot-without-checksum',
    ]);
    expect(text).toMatch(/⚠ stopped; found until then: .*getack-counted-early/);
  });

  it('writes a trace that --replay reads, redacted when asked, and ends after --for', async () => {
    const master = await startFakeMaster({ on: { psync: () => fullSync() + STREAM } });
    undo.push(() => master.stop());
    const run = await start(master.port, '--json', '--follow', '--redact-addresses', '--for', '2s');
    // Its address is masked: the port is all that is left of it.
    await badReplica(run.port);
    expect(await run.ended).toBe(1);
    const lines = run.out().trimEnd().split('\n');
    expect(lines.flatMap(schemaFaults)).toEqual([]);
    expect(run.out()).not.toMatch(/user:1000|secret|127\.0\.0\.1/);
    expect(replayLines(lines).ids).toEqual(['getack-counted-early']);
    const again = await runCli(['handshake', '--replay', '-'], { input: run.out() });
    expect([again.code, again.stderr]).toEqual([1, '']);
    expect(again.stdout).toContain('✖ one fault: getack-counted-early\n');
  });

  it('names what cannot be meant', async () => {
    for (const flags of [
      ['--between', 'x'],
      ['--between', ':70000'],
      ['--between', ':0', '--probe'],
      ['--for', '3s'],
    ]) {
      const { code, stderr } = await runCli(['handshake', '127.0.0.1:1', ...flags]);
      expect([code, stderr.split('\n').length], stderr).toEqual([2, 4]);
    }
    const master = await startFakeMaster();
    undo.push(() => master.stop());
    const taken = await runCli(['handshake', '--between', `:${master.port}`]);
    expect(taken.stderr).toContain(`--between: cannot listen on 127.0.0.1:${master.port} (EADDRINUSE)`);
    expect(taken.code).toBe(2);
  });
});

describe.skipIf(!realRedisAvailable())('--between real servers', () => {
  it.each(realRedisServers())(
    '$version: the replica is good, and the master is, but for a link that was cut',
    async ({ bin }) => {
      const real = async (...args: string[]): Promise<RealRedis> => {
        const server = await startRealRedis({ bin, args });
        undo.push(() => server.stop());
        return server;
      };
      const master = await real('--repl-diskless-sync-delay', '0');
      await master.must('SET', 'a', '1');
      const run = await start(master.port, '--json', '--follow');
      const replica = await real('--replicaof', `127.0.0.1 ${run.port}`);
      await eventually(() => run.out().includes('"kind":"ack"'));
      await master.must('SET', 'b', '2');
      await master.must('WAIT', '1', '5000');
      expect(await replica.must('GET', 'b')).toMatchObject({ value: '2' });
      // Cut off, it comes back by a partial resync, on a second connection.
      await master.must('CLIENT', 'KILL', 'TYPE', 'replica');
      await eventually(() => /"kind":"outcome".*"kind":"continue"/.test(run.out()));
      await master.must('SET', 'c', '3');
      await master.must('WAIT', '1', '5000');
      run.child.kill('SIGINT');
      expect(await run.ended).toBe(130);
      const lines = run.out().trimEnd().split('\n');
      expect(lines.flatMap(schemaFaults)).toEqual([]);
      // The master did end a link, told to by the test.
      expect(replayLines(lines)).toMatchObject({ verdict: 'stopped', ids: ['stream-closed'] });
      const acks = lines
        .map((line) => JSON.parse(line) as { kind: string; verdict?: string })
        .filter(({ kind }) => kind === 'ack');
      expect(acks.length).toBeGreaterThan(1);
      expect(acks.every(({ verdict }) => verdict === 'ok')).toBe(true);
    },
  );
});
