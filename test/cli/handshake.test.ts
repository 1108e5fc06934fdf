/** `redis-ts handshake` as its users run it: golden traces, exit codes, masked passwords, Ctrl-C. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startClone, type Clone } from '../support/engineers-clone.js';
import {
  bulk,
  command,
  EMPTY_RDB,
  fullSync,
  infoText,
  startFakeMaster,
  type FakeMaster,
  type Script,
} from '../support/fake-master.js';
import { runCli, startCli } from '../support/run-cli.js';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'redis-ts-trace-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let master: FakeMaster | Clone | undefined;
afterEach(async () => {
  await master?.stop();
  master = undefined;
});

async function serve(script: Script = {}): Promise<string> {
  master = await startFakeMaster(script);
  return `127.0.0.1:${master.port}`;
}

/** Times and ports differ from run to run. */
function normal(text: string, port: number): string {
  return text
    .replaceAll(`127.0.0.1:${port}`, 'MASTER')
    .replace(/127\.0\.0\.1:\d{4,5}(?!\d)(?! \(what)/g, 'SOURCE')
    .replace(/^ *\d+(\.\d+)? ms {2}/gm, 'TIME  ')
    .replace(/ +(?=[✔✖⚠]$)/gm, ' ')
    .replace(/in \d+\.\d ms( \([^)]*\/s\))?/g, 'in T ms')
    .replace(/port \d{5}/g, 'port OWN');
}

describe('redis-ts handshake', () => {
  it('prints the trace of a good master and exits 0', async () => {
    const address = await serve();
    const { code, stdout, stderr } = await runCli(['handshake', address]);
    expect(normal(stdout, master?.port ?? 0)).toBe(
      [
        '→ MASTER',
        'TIME  connect        SOURCE → MASTER',
        'TIME  > PING                                   *1\\r\\n$4\\r\\nPING\\r\\n',
        'TIME  < +PONG ✔',
        'TIME  > REPLCONF listening-port 6380',
        'TIME  < +OK ✔',
        'TIME  > REPLCONF capa eof capa psync2',
        'TIME  < +OK ✔',
        '             ℹ asking for a full sync: the master makes a whole snapshot for us',
        'TIME  > PSYNC ? -1',
        'TIME  < +FULLRESYNC 8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb 0 ✔',
        'TIME  < $88',
        'TIME  snapshot       88 B in T ms, RDB 11, 0 keys, checksum ok ✔',
        '                            readable by Redis 7.2, Valkey 7.2 and later',
        '                            redis-ver 7.2.0, redis-bits 64, ctime 1706821741, used-mem 1098928,',
        '                            aof-base 0',
        'TIME  listed as      nobody with our port, of 0 replicas',
        '                            we are SOURCE, announced port 6380',
        '                            master_repl_offset 0',
        '',
        '✔ the handshake went through',
        '  not checked here: whether ACKs are answered, WAIT, a reconnect (--conformance does); the stream',
        '  and its offsets: nothing was streamed',
        '',
      ].join('\n'),
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it("names the engineer's four faults in one run and exits 1", async () => {
    master = await startClone();
    const { code, stdout } = await runCli(['handshake', `:${master.port}`, '--follow', '--count', '2']);
    expect(code).toBe(1);
    expect(stdout.match(/^✖ [a-z-]+$/gm)).toEqual([
      '✖ replica-keyed-by-address',
      '✖ snapshot-without-checksum',
      '✖ offset-never-moves',
      '✖ bare-continue',
    ]);
    const text = normal(stdout, master.port).replace(/\n {2}(?=\S)/g, ' ');
    expect(text).toContain(
      '(where our socket comes from), and it had stored 127.0.0.1:6380 (what we announced).',
    );
    expect(text).toContain(
      'Confirmed: a second handshake that announced port OWN from source port OWN was accepted.',
    );
    expect(text).toContain('A replica is its connection.');
    expect(stdout).toContain('  More: redis-ts handshake --explain replica-keyed-by-address\n');
  });

  it('marks the first byte that was not expected', async () => {
    const address = await serve({ on: { psync: '+FULLSYNC abc\r\n' } });
    const { code, stdout } = await runCli(['handshake', address]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      '    got       +FULLSYNC abc\\r\\n\n' +
        '                   ^ not expected\n' +
        '    expected  +FULLRESYNC <40 hex digits> <digits>\\r\\n\n',
    );
  });

  it('exits 3 when nobody listens, 2 for what cannot be meant', async () => {
    const gone = await serve();
    await master?.stop();
    expect((await runCli(['handshake', gone])).code).toBe(3);
    const usage = [
      ['--probe', '--no-psync'],
      ['--replid', 'abc'],
      ['--for', '3s'],
      ['--follow', '--for', 'soon'],
      ['--offset', '1x', '--replid', 'a'],
      ['--listening-port', '0'],
      ['--explain', 'nonsense'],
      ['--explain'],
      ['--rdb', '/nonexistent/dir/x.rdb'],
    ];
    for (const flags of usage) {
      const { code, stderr, stdout } = await runCli(['handshake', gone, ...flags]);
      expect([code, stdout], flags.join(' ')).toEqual([2, '']);
      expect(stderr).toMatch(/^redis-ts handshake: .+\nUsage: /);
      expect(stderr).not.toContain('    at ');
    }
  });

  it('prints its events as NDJSON, the password in none of them', async () => {
    const address = await serve({ on: { auth: '+OK\r\n' } });
    const { code, stdout } = await runCli(['handshake', address, '--json', '--pass', 'hunter22']);
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; conn: number });
    expect(events[0]).toMatchObject({ kind: 'target', target: address });
    expect(events.at(-1)).toMatchObject({ kind: 'end', verdict: 'passed', faults: [], warnings: [] });
    expect(events.find(({ kind }) => kind === 'snapshot-end')).toMatchObject({ report: { bytes: 88 } });
    expect(stdout).not.toContain('hunter22');
    expect(master?.connections[0].seen).toContain('AUTH hunter22');
  });

  it.each([
    ['5', 'use --for 5s or --count 5'],
    ['10s', 'use --for 10s or --count 10'],
  ])('says what was meant by --follow %s', async (value, meant) => {
    const { code, stderr } = await runCli(['handshake', ':1', '--follow', value]);
    expect(code).toBe(2);
    expect(stderr).toContain(`unexpected argument ${value}: --follow takes none; ${meant}`);
  });

  it('replays a saved trace as the run that wrote it, from a file and from standard input', async () => {
    master = await startClone();
    const how = ['handshake', `:${master.port}`, '--follow', '--count', '2', '--hex'];
    const live = await runCli([...how, '--json']);
    const file = path.join(scratch, 'trace.ndjson');
    writeFileSync(file, live.stdout);
    const shown = await runCli(['handshake', '--replay', file, '--hex']);
    expect([shown.code, shown.stderr]).toEqual([1, '']);
    expect(shown.stdout.match(/^✖ [a-z-]+$/gm)).toHaveLength(4);
    const piped = await runCli(['handshake', '--replay', '-', '--json'], { input: live.stdout });
    expect(piped).toEqual(live);
  });

  it('shows a replayed trace with the text of the live run', async () => {
    const address = await serve({ on: { psync: '+FULLSYNC abc\r\n' } });
    const direct = await runCli(['handshake', address]);
    const { stdout } = await runCli(['handshake', address, '--json']);
    const again = await runCli(['handshake', '--replay', '-'], { input: stdout });
    expect([again.code, again.stderr]).toEqual([direct.code, '']);
    const port = master?.port ?? 0;
    expect(normal(again.stdout, port)).toBe(normal(direct.stdout, port));
  });

  it('names the line of a trace that is damaged or none', async () => {
    const file = path.join(scratch, 'damaged.ndjson');
    const address = await serve();
    const { stdout } = await runCli(['handshake', address, '--no-psync', '--json']);
    const lines = stdout.trim().split('\n');
    const cases: [string, string][] = [
      [stdout.slice(0, -20), `line ${lines.length}: damaged: not JSON`],
      [`${lines.slice(0, 4).join('\n')}\n`, 'line 4: the trace ends here, before its "end": it was cut off'],
      [
        '{"schema":1,"target":"h:1"}\n',
        'line 1: not an event of redis-ts handshake --json: it has no "kind"',
      ],
      [
        stdout.replace('"kind":"connect"', '"kind":"connexion"'),
        'line 3: no event is of the kind "connexion"',
      ],
    ];
    for (const [text, message] of cases) {
      writeFileSync(file, text);
      const { code, stderr } = await runCli(['handshake', '--replay', file]);
      expect([code, stderr.split('\n')[0]]).toEqual([2, `redis-ts handshake: --replay: ${file}, ${message}`]);
    }
    const missing = await runCli(['handshake', '--replay', '/nonexistent']);
    expect(missing.stderr).toMatch(/^redis-ts handshake: --replay: cannot read \/nonexistent \(ENOENT\)\n/);
    expect((await runCli(['handshake', address, '--replay', file])).code).toBe(2);
  });

  it('masks what a trace tells of the data and of the network', async () => {
    const info = bulk(infoText({ master_repl_offset: 500 }));
    const psync = (): string => fullSync() + command('SET', 'user:1000', 'secret');
    const address = await serve({ on: { info, psync } });
    const follow = ['handshake', address, '--follow', '--count', '1'];
    const text = await runCli([...follow, '--redact', '--hex']);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain('SET ********1 *****2');
    expect(text.stdout).toContain(address);
    expect(text.stdout).not.toMatch(/user:1000|secret/);
    const json = await runCli([...follow, '--redact-addresses', '--json']);
    expect(json.stdout).toContain('"args":["SET","********1","*****2"]');
    expect(json.stdout).not.toMatch(/user:1000|secret|127\.0\.0\.1/);
    const plain = await runCli([...follow, '--json']);
    const late = await runCli(['handshake', '--replay', '-', '--redact-addresses'], { input: plain.stdout });
    expect(late.code).toBe(0);
    expect(late.stdout).toContain(`→ h1h.h.h.h:${master?.port}\n`);
    expect(late.stdout).not.toMatch(/user:1000|secret|127\.0\.0\.1/);
  });

  it('keeps a whole snapshot, and none that is broken', async () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'redis-ts-rdb-'));
    const file = path.join(dir, 'dump.rdb');
    try {
      const kept = await runCli(['handshake', await serve(), '--rdb', file]);
      expect([kept.code, kept.stderr]).toEqual([0, `the snapshot is kept as ${file}\n`]);
      expect(readFileSync(file).toString('latin1')).toBe(EMPTY_RDB);
      await master?.stop();
      rmSync(file);
      const broken = await serve({ on: { psync: () => fullSync('REDIS0009\xff') } });
      const lost = await runCli(['handshake', broken, '--rdb', file]);
      expect([lost.code, lost.stderr]).toEqual([1, `${file} was not written: no whole snapshot came\n`]);
      expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('announces what it is told, and takes the target behind it', async () => {
    const address = await serve();
    const told = ['--no-psync', '--announce-ip', '10.9.9.9', '--listening-port', '7000', '--capa', 'psync2'];
    expect((await runCli(['handshake', ...told, address])).code).toBe(0);
    expect((await runCli(['handshake', '--no-psync', '--capa', 'none', address])).code).toBe(0);
    expect(master?.connections.map(({ seen }) => seen)).toEqual([
      ['PING', 'REPLCONF listening-port 7000', 'REPLCONF ip-address 10.9.9.9', 'REPLCONF capa psync2'],
      ['PING', 'REPLCONF listening-port 6380'],
    ]);
  });

  it('--no-psync does not call a refused password a pass', async () => {
    const NOAUTH = '-NOAUTH Authentication required.\r\n';
    const address = await serve({ on: { ping: NOAUTH, replconf: NOAUTH, info: NOAUTH } });
    const { stdout, code } = await runCli(['handshake', address, '--no-psync']);
    expect(stdout).toMatch(/^✖ one fault: noauth$/m);
    expect(code).toBe(1);
  });

  it('draws in ASCII without a UTF-8 locale', async () => {
    const address = await serve();
    const { stdout } = await runCli(['handshake', address, '--no-psync'], { env: { LANG: 'C' } });
    // eslint-disable-next-line no-control-regex
    expect(stdout).toMatch(/^[\x0a\x20-\x7e]*$/);
    expect(stdout).toContain('ok nothing is wrong as far as it went: PSYNC was not sent');
  });

  it('ends on Ctrl-C with a summary and 130', async () => {
    const address = await serve();
    const child = startCli(['handshake', address, '--follow']);
    let out = '';
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
        if (out.includes('after offset')) resolve();
      });
    });
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(out).toContain('0 commands, 0 B, offset 0: stopped');
    expect(out).toContain('⚠ stopped');
  });

  it('explains a diagnosis without a server', async () => {
    const { code, stdout } = await runCli(['handshake', '--explain', 'bare-continue']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^bare-continue \(fault\)\n\nWhat is seen\n/);
    expect(stdout).toContain('masterTryPartialResynchronization');
  });

  it('opens its help with what it is for and examples', async () => {
    const { stdout } = await runCli(['handshake', '--help']);
    expect(stdout).toMatch(
      /^run a replica's handshake by hand, trace every byte, name the fault and the fix\n\nEXAMPLES\n/,
    );
  });
});
