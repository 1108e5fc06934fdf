/** `handshake --step`: driven from a pipe, and from a real terminal. */
import { describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { command, fullSync, startFakeMaster, type FakeMaster, type Script } from '../support/fake-master.js';
import { forThisTest } from '../support/for-this-test.js';
import { builtCli, runCli, type CliResult } from '../support/run-cli.js';
import { openWindow, tmuxAvailable } from '../support/tmux.js';

let master: FakeMaster;

async function start(script: Script = {}): Promise<FakeMaster> {
  return (master = forThisTest(await startFakeMaster(script)));
}

async function drive(script: Script, lines: readonly string[], ...flags: string[]): Promise<CliResult> {
  await start(script);
  const input = lines.map((line) => `${line}\n`).join('');
  return runCli(['handshake', `:${master.port}`, '--step', '--timeout', '2', ...flags], { input });
}

const seen = (): readonly string[] => master.connections[0].seen;

describe('redis-ts handshake --step from a pipe', () => {
  it('sends what is proposed for each empty line, and ends with the input', async () => {
    const { code, stdout } = await drive({}, ['', '', '', '']);
    expect(seen()).toEqual([
      'PING',
      'REPLCONF listening-port 6380',
      'REPLCONF capa eof capa psync2',
      'PSYNC ? -1',
    ]);
    expect(stdout).toMatch(
      /next {9}PING\n.*> PING .*\n.*< \+PONG +✔\n {2}next {9}REPLCONF listening-port 6380\n/,
    );
    expect(stdout).toContain('PSYNC ? -1 asks for a full sync');
    expect(stdout).toMatch(/< \+FULLRESYNC [0-9a-f]{40} 0 +✔/);
    expect(stdout).toMatch(/snapshot {7}88 B .*checksum ok ✔/);
    expect(stdout).toContain('✔ the handshake went through');
    expect(code).toBe(0);
  });

  it('takes an edited line for the step, any other besides it, and leaves steps out', async () => {
    const lines = ['', 'replconf listening-port 7000', 'INFO', ':skip', ':quit', 'PING'];
    const { code, stdout } = await drive({}, lines);
    expect(seen()).toEqual(['PING', 'REPLCONF listening-port 7000', 'INFO']);
    expect(stdout).toContain('             role:master\n');
    expect(stdout.match(/next {9}REPLCONF capa/g)).toHaveLength(2);
    expect(stdout).toMatch(
      /next {9}PSYNC \? -1\n[^>]*✔ nothing is wrong as far as it went: PSYNC was not sent/,
    );
    expect(code).toBe(0);
  });

  it('tells the advice that a finding brings itself', async () => {
    const { code, stdout } = await drive({ on: { psync: () => fullSync('') } }, ['', '', '', '']);
    expect(stdout).toMatch(/✖ snapshot-wrong-length\n[^]*\n {2}Send an empty RDB/);
    expect(code).toBe(1);
  });

  it('sends raw bytes and shows what comes', async () => {
    const { stdout } = await drive({}, [
      ':hex 2a310d0a 24340d0a 50494e47 0d0a',
      ':hex 2',
      ':what',
      ':wait x',
      ':quit',
    ]);
    expect(seen()).toEqual(['PING']);
    expect(stdout).toMatch(/< \+PONG\\r\\n +✔/);
    expect(stdout).toContain('not hex digits in pairs');
    expect(stdout).toContain('no order is called :what');
    expect(stdout).toContain(':wait takes ms');
  });

  it('follows the stream, and sends acknowledgements by hand', async () => {
    const psync = (): string => fullSync() + command('SET', 'a', '1');
    const { stdout } = await drive({ on: { psync } }, [
      '',
      ':skip',
      ':skip',
      '',
      'REPLCONF ACK 27',
      ':wait 50',
    ]);
    expect(seen()).toEqual(['PING', 'PSYNC ? -1', 'REPLCONF ACK 27']);
    expect(stdout).toMatch(/< +27 {2}SET a 1\n/);
    expect(stdout).toContain('1 command, 27 B, offset 27: stopped');
  });

  it('says what can be done once the steps are sent', async () => {
    const taken = (await drive({}, ['', '', '', '', ':quit'])).stdout.replace(/\s+/g, ' ');
    expect(taken).toMatch(
      /stream after offset 0 .*ℹ PSYNC was the last step, and we are a replica now\. .*`REPLCONF ACK <offset>` .*:wait MS.*:quit/,
    );
    const refused = (await drive({ on: { psync: '-ERR no\r\n' } }, ['', '', '', '', 'PING', ':quit'])).stdout;
    expect(refused.match(/no step is left/g)).toHaveLength(1);
    expect(refused.replace(/\s+/g, ' ')).toContain('ℹ no step is left: any command may be typed');
    expect((await drive({}, [':skip', ':skip', ':skip', ':skip'])).stdout).toContain('no step is left');
  });

  it('says that :wait brought nothing, and for how long', async () => {
    const { stdout } = await drive({}, ['', ':wait 120', ':quit']);
    expect(stdout).toMatch(/\n {2}nothing came for 120 ms\n/);
    const half = (): string => fullSync() + '*3\r\n$3\r\nSET';
    const part = await drive({ on: { psync: half } }, ['', '', '', '', ':wait 100', ':quit']);
    expect(part.stdout).toMatch(
      /\n {2}nothing whole came for 100 ms: 11 bytes of a command wait for the rest\n/,
    );
    const json = await drive({}, ['', ':wait 50', ':quit'], '--json');
    expect(json.stdout).not.toContain('nothing came');
  });

  it('judges answers, names the fault and exits 1', async () => {
    const { code, stdout } = await drive({ on: { psync: '-NOMASTERLINK no\r\n' } }, [
      '',
      '',
      '',
      '',
      ':quit',
    ]);
    expect(stdout).toMatch(/< -NOMASTERLINK no +✖/);
    expect(stdout).toContain('✖ nomasterlink');
    expect(code).toBe(1);
  });

  it('shows no password, and sends it', async () => {
    const script: Script = { on: { auth: (args) => `-WRONGPASS no ${args[1]}\r\n` } };
    const { stdout } = await drive(script, ['', '', ':quit'], '--pass', 'hunter22');
    expect(seen()).toContain('AUTH hunter22');
    expect(stdout).toContain('> AUTH (hidden)');
    expect(stdout).not.toContain('hunter22');
  });

  it('prints nothing but events under --json', async () => {
    const { stdout } = await drive({}, ['', 'INFO', ':quit'], '--json');
    const kinds = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds).toEqual(['connect', 'send', 'receive', 'send', 'reply', 'end']);
  });

  it('exits 3 when nobody listens, and excludes other modes', async () => {
    await start();
    await master.stop();
    const { code, stdout } = await runCli(['handshake', `:${master.port}`, '--step'], { input: '\n' });
    expect([code, stdout.includes('✖ connection-refused')]).toEqual([3, true]);
    for (const other of ['--conformance', '--probe', '--follow']) {
      expect((await runCli(['handshake', '--step', other])).code, other).toBe(2);
    }
  });

  it('ends when the master closes', async () => {
    const ping = (_: readonly string[], connection: { close(): void }): string => {
      setImmediate(() => connection.close());
      return '+PONG\r\n';
    };
    const { stdout } = await drive({ on: { ping } }, ['', ':wait 300', '', '']);
    expect(stdout).toContain('closed         by the master');
  });
});

describe.skipIf(!tmuxAvailable)('redis-ts handshake --step on a terminal', () => {
  it('puts each message on the line, lets it be edited, and sends it on Enter', async () => {
    await start();
    const run = `${process.execPath} ${join(builtCli(), 'bin/run.js')} handshake :${master.port} --step`;
    const window = openWindow(run, { columns: 110, rows: 40 });
    await window.sees(/^> PING$/m);
    window.press('Enter');
    await window.sees(/^> REPLCONF listening-port 6380$/m);
    window.press('BSpace', 'BSpace', '9', '9', 'Enter');
    await window.sees(/< \+OK[^]*^> REPLCONF capa eof capa psync2$/m);
    expect(seen()).toEqual(['PING', 'REPLCONF listening-port 6399']);
    // The whole line away, and an order in its place.
    window.press('C-u', ':skip', 'Enter');
    await window.sees(/^> PSYNC \? -1$/m);
    window.press('C-u', ':quit', 'Enter');
    await window.sees(/nothing is wrong as far as it went: PSYNC was not sent/);
    expect(seen()).toHaveLength(2);
  });

  it('wraps what it says at 80 columns', async () => {
    await start({ on: { psync: '-ERR no\r\n' } });
    const run = `${process.execPath} ${join(builtCli(), 'bin/run.js')} handshake :${master.port} --step`;
    const window = openWindow(run, { columns: 80, rows: 40 });
    await window.sees(/^> PING$/m);
    // A line that the terminal itself breaks goes on at its left edge.
    const lines = window.screen();
    expect(lines.slice(1, lines.indexOf('> PING') - 1).every((line) => /^ {2}\S/.test(line))).toBe(true);
    expect(lines.join(' ').replace(/\s+/g, ' ')).toContain(
      'A line that is no longer that step is sent besides it.',
    );
    window.press('C-u', ':wait 10', 'Enter');
    await window.sees(/^ {2}nothing came for 10 ms$/m);
    for (let step = 0; step < 4; step++) {
      window.press('C-u', ':skip', 'Enter');
    }
    await window.sees(/^ {2}ℹ no step is left/m);
  });

  it('keeps the line while the stream goes by above it, and ends on Ctrl-C', async () => {
    await start();
    const run = `${process.execPath} ${join(builtCli(), 'bin/run.js')} handshake :${master.port} --step --capa none`;
    const window = openWindow(`${run}; echo "code $?"`, { columns: 110, rows: 40 });
    for (const line of ['PING', 'REPLCONF listening-port 6380', 'PSYNC ? -1']) {
      await window.sees(new RegExp(`^> ${line.replace('?', '\\?')}$`, 'm'));
      window.press('Enter');
    }
    await window.sees(/stream {9}after offset 0/);
    await window.sees(/^>$/m);
    window.press('half');
    await window.sees(/^> half$/m);
    master.connections[0].send(command('SET', 'key', 'value'));
    await window.sees(/SET key value\n> half$/m);
    window.press('C-c');
    await window.sees(/code 130/);
    await window.sees(/⚠ stopped/);
  });
});
