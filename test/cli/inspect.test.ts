import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { runCli, startCli } from '../support/run-cli.js';
import { startScriptedServer } from '../support/scripted-server.js';

const servers: net.Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

/** A server on a free port that does `talk` with every connection. */
function listen(talk: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    talk(socket);
  });
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port)),
  );
}

const USAGE = /^Usage: redis-ts inspect \[TARGET\] .+\nMore: {2}redis-ts inspect --help\n$/m;

describe('redis-ts inspect', () => {
  it('opens its help with what it is for and three examples', async () => {
    const { stdout, code } = await runCli(['inspect', '--help']);
    expect(code).toBe(0);
    const [purpose, ...rest] = stdout.split('\n');
    expect(purpose).toBe("show a running server's replication, and what is wrong with it");
    expect(rest.slice(0, 7).filter((line) => line.startsWith('  $ redis-ts inspect'))).toHaveLength(3);
  });

  it.each([
    [['--jsno'], 'unknown flag --jsno: did you mean --json?'],
    [['host:99999'], 'bad port "99999": a number from 1 to 65535'],
    [['http://host'], 'unknown scheme http://: use redis://, rediss:// or unix://'],
    [['a', 'b'], 'Unexpected argument: b'],
    [['--timeout', 'soon'], '--timeout: bad number of seconds "soon": 5 or 0.5, for example'],
    [['--max-lag-bytes', '1.5x'], '--max-lag-bytes: bad size "1.5x": 1048576 or 10mb, for example'],
    [['--user', 'bob'], 'a user needs a password: --pass, or REDISCLI_AUTH in the environment'],
    [
      ['--prometheus', '--watch'],
      '--watch and --prometheus do not go together: each shows something else, choose one',
    ],
    [
      ['--tree', '--raw', '--watch=3'],
      '--watch, --tree and --raw do not go together: each shows something else, choose one',
    ],
    [['--raw', '--json'], '--json and --raw do not go together: choose one format'],
    [
      ['--report', 'x.html', '--tree'],
      '--report and --tree do not go together: the page is about what was watched',
    ],
    [
      ['--sample-for', '2', '--watch'],
      '--sample-for and --watch do not go together: there the rate is that of the interval',
    ],
    [['--expect-replicas', 'two'], '--expect-replicas: bad number "two": 0 or more, for example 2'],
    [['--expect-replicas', '-1'], '--expect-replicas: bad number "-1": 0 or more, for example 2'],
    [
      ['--expect-replicas', '2', '--raw'],
      '--expect-replicas and --raw do not go together: nothing is judged there',
    ],
    [
      ['--expect-replicas', '2', '--verify', 'b'],
      '--expect-replicas and --verify do not go together: nothing is judged there',
    ],
    [['--for', '3s'], '--for is for --watch: give that, too'],
    [['--sample', '9'], '--sample is for --verify: give that, too'],
    [['--watch', '0'], '--watch: bad number of seconds "0": 5 or 0.5, for example'],
    [['--watch', '--for', 'soon'], '--for: bad duration "soon": 10s or 5m, for example'],
    [['--verify', 'b', '--sample', '0'], '--sample: bad size "0": 1000 keys, or 5% of them, for example'],
    [
      ['--verify', 'b', '--sample', '101%'],
      '--sample: bad size "101%": 1000 keys, or 5% of them, for example',
    ],
    [['--explain', 'zzzzzz'], '--explain: there is no finding zzzzzz: see docs/findings.md'],
    [
      ['--explain', 'backlog-too-smal'],
      '--explain: there is no finding backlog-too-smal: did you mean backlog-too-small, backlog-expires, backlog-inactive or output-limit-below-backlog? see docs/findings.md',
    ],
  ])('%j is bad usage: one line, the usage, exit 3', async (args, message) => {
    const { code, stdout, stderr } = await runCli(['inspect', ...args]);
    expect(stderr.split('\n')[0]).toBe(`redis-ts inspect: ${message}`);
    expect(stderr).toMatch(USAGE);
    expect(stderr.split('\n')).toHaveLength(4);
    expect(stdout).toBe('');
    expect(code).toBe(3);
  });

  it('shows a stack only under DEBUG', async () => {
    const { stderr } = await runCli(['inspect', 'x:0'], { env: { DEBUG: 'redis-ts*' } });
    expect(stderr).toMatch(/UsageError: .+\n {4}at parsePort/);
  });

  it('cannot reach a closed port: one line, exit 3, and as JSON', async () => {
    const port = await listen(() => undefined);
    await new Promise((resolve) => servers.splice(0)[0].close(resolve));
    const plain = await runCli(['inspect', `:${port}`]);
    expect(plain.stderr).toBe(
      `redis-ts inspect: cannot connect to 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}\n`,
    );
    expect(plain.code).toBe(3);
    const json = await runCli(['inspect', `:${port}`, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ status: 'unknown', error: { failure: 'unreachable' } });
    expect(json.stderr).toBe('');
    expect(json.code).toBe(3);
  });

  it('names a peer that is no Redis, and one that says nothing', async () => {
    const web = await listen((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    const odd = await runCli(['inspect', `:${web}`]);
    expect(odd.stderr).toContain('does not speak the Redis protocol');
    expect(odd.code).toBe(3);
    const silent = await listen((socket) => socket.resume());
    const mute = await runCli(['inspect', `:${silent}`, '--timeout', '0.2']);
    expect(mute.stderr).toContain('did not answer INFO');
    expect(mute.stderr.replace(/\s+/g, ' ')).toContain(
      'its process is stopped, swaps, or runs one long command',
    );
    expect(mute.code).toBe(3);
  });

  it('never shows a password', async () => {
    const port = await listen((socket) => socket.once('data', () => socket.end('-WRONGPASS invalid\r\n')));
    const address = `redis://bob:s3cret@127.0.0.1:${port}`;
    const { stdout, stderr } = await runCli(['inspect', address], { env: { DEBUG: 'redis-ts*' } });
    expect(stderr).toContain('refuses the login: WRONGPASS invalid');
    expect(stdout + stderr).not.toContain('s3cret');
  });

  it('explains a finding', async () => {
    const { stdout, code } = await runCli(['inspect', '--explain', 'backlog-too-small']);
    expect(stdout).toMatch(/^backlog-too-small\n {2}When {3}warning when .+\n {2}Means .+\n {2}Do .+\n$/);
    expect(code).toBe(0);
  });

  it('sends the ids of handshake there, and accepts no finding that there is not', async () => {
    const { stderr, code } = await runCli(['inspect', '--explain', 'noauth']);
    expect(stderr).toContain('handshake --explain noauth');
    expect(code).toBe(3);
    const wrong = await runCli(['inspect', '--accept', 'no-such-thing']);
    expect(wrong.stderr).toContain('--accept: there is no finding no-such-thing');
    expect(wrong.code).toBe(3);
  });

  it('takes two samples for people and one for programs, unless told', async () => {
    const looks = async (...args: string[]) => {
      const server = await startScriptedServer({ replicas: [], offset: () => 5 });
      const { stdout } = await runCli(['inspect', `:${server.port}`, ...args]);
      await server.close();
      return [server.looks(), stdout] as const;
    };
    expect((await looks('--sample-for', '0.1'))[0]).toBe(2);
    const [once, json] = await looks('--json');
    expect(once).toBe(1);
    expect(JSON.parse(json)).toMatchObject({ sampledSeconds: 0 });
    expect(JSON.parse(json)).not.toHaveProperty('rate');
    const [twice, rated] = await looks('--json', '--sample-for', '0.1');
    expect(twice).toBe(2);
    expect(JSON.parse(rated)).toMatchObject({ rate: { bytesPerSecond: 0 } });
    expect((await looks('--prometheus'))[0]).toBe(1);
  });

  it('--expect-replicas: fewer are critical, as many and more are fine', async () => {
    const replica = { ip: '127.0.0.1', port: 6380, behind: () => 0 };
    const server = await startScriptedServer({ replicas: [replica], offset: () => 5 });
    const look = (...args: string[]) => runCli(['inspect', `:${server.port}`, '--sample-for', '0', ...args]);
    const missing = await look('--expect-replicas', '2');
    expect(missing.code).toBe(2);
    expect(missing.stdout).toMatch(/^REPLICAS {2}1, 2 expected$/m);
    expect(missing.stdout).toMatch(/✖ replicas-missing +1 of 2 expected replicas is attached/);
    expect((await look('--expect-replicas', '1')).code).toBe(0);
    expect((await look('--expect-replicas', '0')).code).toBe(0);
    const json = await look('--expect-replicas', '2', '--json');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: 'critical',
      expectedReplicas: 2,
      findings: [{ id: 'replicas-missing', severity: 'critical' }],
    });
    const metrics = await look('--expect-replicas', '2', '--prometheus');
    expect(metrics.stdout).toContain('\nredis_inspect_expected_replicas 2\n');
    expect(metrics.stdout).toContain('redis_inspect_finding{id="replicas-missing"} 2');
    const accepted = await look('--expect-replicas', '2', '--accept', 'replicas-missing', '--json');
    expect(accepted.code).toBe(0);
    await server.close();
    const lines = await startScriptedServer({ replicas: [replica], offset: () => 5 });
    const piped = await runCli([
      ...['inspect', `:${lines.port}`, '--watch', '0.1', '--for', '0.3s'],
      ...['--expect-replicas', '2'],
    ]);
    expect(piped.stdout).toMatch(
      / replicas=1 expected=2 online=1 .*status=critical findings=replicas-missing/,
    );
    expect(piped.code).toBe(2);
    await lines.close();
  });

  it('--watch piped ends with 0 on Ctrl-C, and with 3 when the server was never there', async () => {
    const server = await startScriptedServer({ replicas: [], offset: () => 5 });
    const child = startCli(['inspect', `:${server.port}`, '--watch', '0.1']);
    const ended = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    await server.close();
    const gone = await runCli(['inspect', `:${server.port}`, '--watch']);
    expect(gone.stderr).toContain('cannot connect');
    expect(gone.stdout).toBe('');
    expect(gone.code).toBe(3);
  });

  it('--watch --json tells what happened, and ends with 3 when the last look failed', async () => {
    const server = await startScriptedServer({ replicas: [], offset: () => 5 });
    const child = startCli(['inspect', `:${server.port}`, '--watch', '0.1', '--for', '3s', '--json']);
    let text = '';
    const ended = new Promise((resolve) => child.once('close', resolve));
    const first = new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await first;
    await server.close();
    expect(await ended).toBe(3);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { status: string; events?: { id: string }[] });
    const away = lines.filter(({ events }) => events !== undefined);
    expect(away).toMatchObject([
      { status: 'unknown', events: [{ id: 'server-away', severity: 'critical' }] },
    ]);
    expect(lines[0]).toMatchObject({ status: 'ok' });
  });

  it('ends with 130 on Ctrl-C', async () => {
    let asked = (): void => undefined;
    const connected = new Promise<void>((resolve) => (asked = resolve));
    const port = await listen((socket) => socket.once('data', asked));
    const child = startCli(['inspect', `:${port}`, '--timeout', '30']);
    await connected;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });
});
