/** The live view of `replica` on a real terminal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { halfSnapshotMaster, type HalfSnapshotMaster } from '../support/half-snapshot-master.js';
import { realRedisAvailable, startRealRedis, type RealRedis } from '../support/real-redis.js';
import { RespConnection } from '../support/resp-connection.js';
import { builtCli } from '../support/run-cli.js';
import { freePort } from '../support/server-process.js';
import { openWindow, tmuxAvailable, type TerminalWindow } from '../support/tmux.js';

let dir: string;
let master: RealRedis;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'redis-ts-view-'));
  master = await startRealRedis({ args: ['--repl-diskless-sync-delay', '0'] });
});

afterEach(async () => {
  await master.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Opens a window in which a replica of `master` runs. */
async function watch(
  columns: number,
  settings = '',
): Promise<{ window: TerminalWindow; port: number; sees: (pattern: RegExp) => Promise<void> }> {
  const port = await freePort();
  const replica = `${process.execPath} ${join(builtCli(), 'bin/run.js')} replica`;
  const command = `${settings} ${replica} --of 127.0.0.1:${master.port} --port ${port} --dir ${dir}`;
  const window = openWindow(`${command}; echo "exit code $?"`, { columns, rows: 30 });
  const sees = (pattern: RegExp): Promise<void> => window.sees(pattern);
  return { window, port, sees };
}

describe.skipIf(!tmuxAvailable || !realRedisAvailable())(
  'on a terminal (needs tmux and redis-server)',
  () => {
    it('draws a line that moves, says what happened, and leaves the screen clean', async () => {
      await master.must('MSET', 'a', '1', 'b', '2');
      const { window, port, sees } = await watch(100);
      const streaming = (offset: string) =>
        new RegExp(
          `^● streaming  up to offset ${offset} · 0 B behind · \\d+ cmd/s · ack \\d.\\d s ago · serving reads on :${port}$`,
        );
      await sees(streaming('[\\d,]+'));
      expect(window.screen().slice(0, 4)).toEqual([
        expect.stringMatching(
          new RegExp(`^✔ connected to 127.0.0.1:${master.port} \\(redis [\\d.]+\\) +[\\d.]+ m?s$`),
        ),
        expect.stringMatching(/^✔ handshake {2}PING, REPLCONF ×2, PSYNC \? -1 +[\d.]+ m?s$/),
        '✔ full sync  reason: no replication id of ours yet',
        expect.stringMatching(/^✔ snapshot {3}\d+ B in .+, RDB \d+, 2 keys, checksum ok$/),
      ]);
      expect(window.screen()).toHaveLength(5);
      expect(window.cursorShown()).toBe(false);

      await master.must('SET', 'big', 'x'.repeat(100_000));
      await sees(streaming('100,\\d\\d\\d'));
      await master.must('CLIENT', 'KILL', 'TYPE', 'replica');
      await sees(/^✖ link lost {2}.+ \(at offset 100,\d{3}, after [\d.]+ m?s of streaming\)$/);
      await sees(/^✔ partial {4}goes on after 100,\d{3}: the master's backlog holds [\d,]+$/);
      await sees(streaming('100,\\d\\d\\d'));

      window.press('C-c');
      await sees(/^exit code 0$/);
      const last = window.screen().slice(-3);
      expect(last[0]).toMatch(
        /^ℹ summary {4}offset 100,\d{3}, 3 keys, 1 full sync, 1 partial, link lost once,/,
      );
      expect(window.screen().some((line) => line.includes('streaming  '))).toBe(false);
      expect(window.cursorShown()).toBe(true);
    });

    it('tells of a backup in the order in which it came about', async () => {
      const file = join(dir, 'copy.rdb');
      const command = `${process.execPath} ${join(builtCli(), 'bin/run.js')} replica --of 127.0.0.1:${master.port} --once --rdb ${file}`;
      const window = openWindow(`${command}; echo "exit code $?"`, { columns: 80, rows: 30 });
      await window.sees(/^exit code 0$/);
      const signs = window.screen().filter((line) => !line.startsWith('  '));
      expect(signs.slice(0, 5)).toEqual([
        expect.stringMatching(/^✔ connected to 127\.0\.0\.1:\d+ \(redis [\d.]+\) /),
        expect.stringMatching(/^✔ handshake /),
        expect.stringMatching(/^✔ full sync /),
        expect.stringMatching(/^✔ snapshot /),
        expect.stringMatching(/^✔ backup /),
      ]);
    });

    it('says once why there is no backup', async () => {
      const port = await freePort();
      const command = `${process.execPath} ${join(builtCli(), 'bin/run.js')} replica --of :${port} --once --dir ${dir}`;
      const window = openWindow(`${command}; echo "exit code $?"`, { columns: 100, rows: 30 });
      await window.sees(/^exit code 1$/);
      const text = window.screen().join('\n');
      expect(text.match(/refused/g)).toHaveLength(1);
      expect(text).toContain(`no backup: cannot connect to 127.0.0.1:${port} (connection refused)`);
    });

    it('fits into a narrow window, also into one that becomes narrow', async () => {
      const { window, port, sees } = await watch(100);
      await sees(/^● streaming .* serving reads on/);
      window.resize(80, 30);
      await sees(
        new RegExp(
          `^● streaming  up to offset [\\d,]+ · 0 B behind · \\d+ cmd/s · ack \\d.\\d s · :${port}$`,
        ),
      );
    });

    it('ends when its window is closed', async () => {
      const { window, port, sees } = await watch(100);
      await sees(/^● streaming /);
      const client = await RespConnection.connect(port);
      client.close();
      window.close();
      await eventually(() =>
        RespConnection.connect(port).then(
          (late) => late.close(),
          () => true,
        ),
      );
    });

    it('is a log under NO_COLOR', async () => {
      const { window, sees } = await watch(200, 'env NO_COLOR=1');
      await sees(/^\d+:S .+ \* Full sync, reason: no replication id of ours yet$/);
      expect(window.screen().join('\n')).not.toContain('●');
      window.press('C-c');
      await sees(/^exit code 0$/);
    });
  },
);

/** Lines that were broken to fit, whole again. */
function unwrapped(lines: readonly string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    if (line.startsWith(' '.repeat(13))) whole[whole.length - 1] += ` ${line.trim()}`;
    else whole.push(line);
  }
  return whole;
}

describe.skipIf(!tmuxAvailable)('a whole session on a terminal (needs tmux)', () => {
  let slow: HalfSnapshotMaster | undefined;
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'redis-ts-session-'))));
  afterEach(() => {
    slow?.stop();
    slow = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  async function session(columns: number, form: 'length' | 'eof', settings = '') {
    slow = await halfSnapshotMaster(form, 4000);
    const port = await freePort();
    const replica = `${process.execPath} ${join(builtCli(), 'bin/run.js')} replica`;
    const args = `--of 127.0.0.1:${slow.port} --port ${port} --dir ${folder}`;
    const opened = openWindow(`${settings} ${replica} ${args}; echo "exit code $?"`, { columns, rows: 30 });
    const sees = (pattern: RegExp): Promise<void> => opened.sees(pattern);
    return { opened, sees, port, master: slow };
  }

  it.each([80, 200])('%i columns: each line of the story is one line of the screen', async (columns) => {
    const { opened, sees, port, master } = await session(columns, 'length');
    await sees(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] snapshot {3}\d+ % of 3\.9 MB · [\d.]+ [KM]B\/s · \d+ s left · [\d,]+ keys$/);
    expect(opened.screen()).toHaveLength(4);
    master.goOn();
    const tail =
      columns === 80 ? `ack \\d\\.\\d s · :${port}` : `ack \\d\\.\\d s ago · serving reads on :${port}`;
    await sees(new RegExp(`^● streaming  up to offset 1,000 · 0 B behind · 0 cmd/s · ${tail}$`));
    master.stream('*1\r\n$4\r\nping\r\n');
    await sees(new RegExp(`^● streaming  up to offset 1,014 · 0 B behind · \\d cmd/s · ${tail}$`));
    master.stop();
    await sees(/^✖ link lost {2}the master closed the connection \(at offset 1,014,/);
    await sees(/^⚠ no link {4}Error condition on socket for SYNC: Connection refused( \(|$)/);
    await sees(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] connecting to 127\.0\.0\.1:\d+, attempt \d+ · serving old data on :\d+$/);
    opened.press('C-c');
    await sees(/^exit code 0$/);
    const story = opened.screen();
    expect(unwrapped(story).slice(0, 5)).toEqual([
      expect.stringMatching(/^✔ connected to 127\.0\.0\.1:\d+ +[\d.]+ m?s$/),
      expect.stringMatching(/^✔ handshake {2}PING, REPLCONF ×2, PSYNC \? -1 +[\d.]+ m?s$/),
      '✔ full sync  reason: no replication id of ours yet',
      expect.stringMatching(
        /^✔ snapshot {3}3\.9 MB in .+, RDB 9, 4,000 keys, no checksum: the master makes none$/,
      ),
      expect.stringMatching(/^✖ link lost {2}the master closed .+ of streaming\)$/),
    ]);
    expect(unwrapped(story)).toContainEqual(
      expect.stringMatching(
        /^ℹ summary {4}offset 1,014, 4,000 keys, 1 full sync, 0 partial, link lost once, /,
      ),
    );
    // What is wrapped by us is indented: nothing begins at the first column but a sign.
    expect(story.slice(0, -1).every((line) => /^([✔✖⚠ℹ] | {13}\S)/.test(line))).toBe(true);
  });

  it('the EOF form: bytes and rate, as nobody knows how much will come', async () => {
    const { sees, master } = await session(80, 'eof');
    await sees(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] snapshot {3}1\.\d MB · [\d.]+ [KM]B\/s · [\d,]+ keys$/);
    master.goOn();
    await sees(/^● streaming/);
  });

  it('plain characters where the locale knows no others', async () => {
    const { opened, sees } = await session(80, 'length', 'env LANG=C LC_ALL=C');
    await sees(/^[|/\\-] snapshot {3}\d+ % of 3\.9 MB, [\d.]+ [KM]B\/s, \d+ s left, [\d,]+ keys$/);
    expect(opened.screen().join('\n')).toMatch(/^[\x20-\x7e\n]*$/);
    expect(opened.screen()[1]).toMatch(/^ok handshake {2}PING, REPLCONF x2, PSYNC \? -1/);
  });
});
