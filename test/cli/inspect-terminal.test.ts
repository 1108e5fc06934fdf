/** `inspect --watch` on a real terminal: golden screens at two widths, the keys, and a terminal that is given back. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { builtCli } from '../support/run-cli.js';
import {
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
} from '../support/scripted-server.js';
import { openWindow, tmuxAvailable } from '../support/tmux.js';

const SEEN_MS = 8_000;
const MB = 1024 * 1024;

let server: ScriptedServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** One replica at the head, one that falls behind by 1 MB with each look. */
const TWO: ScriptedServerOptions = {
  offset: () => 98_211_004,
  replicas: [
    { ip: '10.0.0.6', port: 6380, behind: () => 0 },
    { ip: '10.0.0.7', port: 6380, behind: (look) => look * MB, lag: 4 },
  ],
};

async function watch(columns: number, rows: number, options: ScriptedServerOptions, flags = '') {
  server = await startScriptedServer(options);
  const command = `${process.execPath} ${join(builtCli(), 'bin/run.js')} inspect :${server.port} --watch 0.1 --timeout 60 ${flags}`;
  const opened = openWindow(`echo before; ${command}; echo "exit code $?"`, { columns, rows });
  const screen = () =>
    opened
      .screen()
      .map((line) => line.replaceAll(`:${server!.port}`, ':PORT').replace(/\d\d:\d\d:\d\d/, 'HH:MM:SS'));
  const sees = async (pattern: RegExp): Promise<void> => {
    try {
      await eventually(() => screen().some((line) => pattern.test(line)), SEEN_MS);
    } catch {
      throw new Error(`${String(pattern)} is not on the screen:\n${screen().join('\n')}`);
    }
  };
  return { window: opened, screen, sees };
}

describe.skipIf(!tmuxAvailable)('inspect --watch on a terminal (needs tmux)', () => {
  it('is this at 80 columns', async () => {
    const { screen, sees } = await watch(80, 24, { ...TWO, silentFrom: 5 });
    await sees(/4\.0 MB/);
    expect(screen()).toMatchInlineSnapshot(`
      [
        "⚠ 127.0.0.1:PORT  redis 7.2.6  master  up 12 d            every 0.1 s, HH:MM:SS",
        "stream  0 B/s   ▁▁▁▁  peak 0 B/s, offset 98,211,004",
        "backlog 64 MB",
        "REPLICAS  2",
        "   #  replica        state   behind         ack  out-buf  lag",
        ">  0  10.0.0.6:6380  online  0 B            0 s  0 B      ▁▁▁▁▁",
        "   1  10.0.0.7:6380  online  4.0 MB (~4 s)  4 s  0 B      ▁▃▅▇█",
        "FINDINGS  1",
        "⚠ ack-old  replica 1 (10.0.0.7:6380) last acknowledged 4 s ago; replicas do it",
        "           every second. Its link is dropped at 60 s.",
        "           It is blocked (a slow command, a save, swapping), stopped, or cannot",
        "           be reached: look at its process, then at its SLOWLOG GET and LATENCY",
        "           LATEST.",
        "q quit  p pause  ↑↓ PgUp/PgDn select a replica",
      ]
    `);
  });

  it('is this at 200 columns', async () => {
    const { screen, sees } = await watch(200, 24, { ...TWO, silentFrom: 5 });
    await sees(/4\.0 MB/);
    expect(screen()).toMatchInlineSnapshot(`
      [
        "⚠ 127.0.0.1:PORT  redis 7.2.6  master  up 12 d                                                                                                                                    every 0.1 s, HH:MM:SS",
        "stream  0 B/s   ▁▁▁▁  peak 0 B/s, offset 98,211,004",
        "backlog 64 MB",
        "REPLICAS  2",
        "   #  replica        state   behind         ack  out-buf  from            link since  lag",
        ">  0  10.0.0.6:6380  online  0 B            0 s  0 B      10.0.0.6:40000  100 s       ▁▁▁▁▁",
        "   1  10.0.0.7:6380  online  4.0 MB (~4 s)  4 s  0 B      10.0.0.7:40001  101 s       ▁▃▅▇█",
        "FINDINGS  1",
        "⚠ ack-old  replica 1 (10.0.0.7:6380) last acknowledged 4 s ago; replicas do it every second. Its link is dropped at 60 s.",
        "           It is blocked (a slow command, a save, swapping), stopped, or cannot be reached: look at its process, then at its",
        "           SLOWLOG GET and LATENCY LATEST.",
        "q quit  p pause  ↑↓ PgUp/PgDn select a replica",
      ]
    `);
  });

  it('hides the cursor, and on q gives the terminal back with one line about the last sample, exit 0', async () => {
    const { window, screen, sees } = await watch(100, 20, TWO);
    await sees(/^REPLICAS {2}2/);
    expect(window.cursorShown()).toBe(false);
    expect(screen().join('\n')).not.toContain('before');
    window.press('q');
    await sees(/^exit code 0$/);
    expect(window.cursorShown()).toBe(true);
    const lines = screen();
    expect(lines[0]).toBe('before');
    expect(lines[1]).toMatch(/^\d{4}-.*Z 127\.0\.0\.1:PORT role=master offset=98211004 /);
    expect(lines.join('\n')).not.toContain('REPLICAS');
  });

  it('does so on Ctrl-C and on SIGTERM as well', async () => {
    const first = await watch(100, 20, TWO);
    await first.sees(/^REPLICAS {2}2/);
    first.window.press('C-c');
    await first.sees(/^exit code 0$/);
    expect(first.window.cursorShown()).toBe(true);
    first.window.close();
    await server!.close();
    const second = await watch(100, 20, TWO);
    await second.sees(/^REPLICAS {2}2/);
    second.window.signal('TERM');
    await second.sees(/^exit code 0$/);
    expect(second.window.cursorShown()).toBe(true);
    expect(second.screen()[0]).toBe('before');
  });

  it('moves the selection with the arrows, pauses with p, and follows a resize', async () => {
    const { window, screen, sees } = await watch(100, 20, TWO);
    await sees(/^> +0 +10\.0\.0\.6:6380/);
    window.press('Down');
    await sees(/^> +1 +10\.0\.0\.7:6380/);
    window.press('Down');
    window.press('Up');
    await sees(/^> +0 +10\.0\.0\.6:6380/);
    window.press('p');
    await sees(/ paused$/);
    const looks = server!.looks();
    const before = screen();
    await eventually(() => server!.looks() > looks + 2);
    expect(screen()).toEqual(before);
    window.press('p');
    await sees(/ every 0\.1 s, HH:MM:SS$/);
    window.resize(60, 12);
    await eventually(() => screen().every((line) => line.length <= 60) && screen().length <= 12);
    await sees(/^q quit/);
  });

  it('scrolls through more replicas than there are rows', async () => {
    const replicas = Array.from({ length: 40 }, (_, n) => ({
      ip: `10.0.1.${n}`,
      port: 6379,
      behind: () => 0,
    }));
    const { window, sees } = await watch(100, 20, { ...TWO, replicas });
    await sees(/^REPLICAS {2}40, 1 to \d+ shown/);
    window.press('NPage');
    window.press('NPage');
    window.press('NPage');
    await sees(/^> +30 +10\.0\.1\.30:6379/);
    await sees(/^q quit/);
  });

  it('shows all events on e, scrolls through them, and leaves them on the terminal', async () => {
    const { window, screen, sees } = await watch(80, 14, TWO);
    await sees(/^REPLICAS {2}2/);
    for (let times = 0; times < 3; times++) {
      // Each time with another replica, so that each is an event of its own.
      await server!.close();
      await sees(/what is shown is from before$/);
      const replicas = [{ ip: `10.0.9.${times}`, port: 6380, behind: () => 0 }];
      server = await startScriptedServer({ ...TWO, replicas, port: server!.port });
      await sees(new RegExp(`10\\.0\\.9\\.${times}:6380 +online`));
    }
    await sees(/^EVENTS {2}\d+, the last \d shown, e shows all$/);
    window.press('e');
    await sees(/^EVENTS {2}\d+, the last first, \d+ lines below$/);
    await sees(/e back {2}↑↓ PgUp\/PgDn scroll$/);
    window.press('Down');
    await sees(/^EVENTS {2}\d+, the last first, 1 line above, /);
    for (let page = 0; page < 4; page++) window.press('NPage');
    await sees(/^EVENTS {2}\d+, the last first, \d+ lines above$/);
    window.press('e');
    await sees(/^REPLICAS {2}1/);
    window.press('q');
    await sees(/^exit code 0$/);
    const left = screen().join('\n');
    expect(left).toMatch(
      /replica 10\.0\.9\.1:6380 is gone[^]*10\.0\.9\.2:6380 attached, online\n[^]*role=master/,
    );
  });

  it('says that the server is gone, keeps what it had, and goes on when it is back', async () => {
    const { window, sees } = await watch(100, 20, TWO);
    await sees(/^REPLICAS {2}2/);
    await server!.close();
    await sees(/^✖ cannot connect to 127/);
    await sees(/^ {2}attempt \d+.*; what is shown is from before$/);
    server = await startScriptedServer({ ...TWO, port: server!.port });
    await sees(/^HH:MM:SS {2}ℹ the server answers again, after /);
    await sees(/^stream {2}0 B\/s/);
    window.press('q');
    await sees(/^exit code 0$/);
  });
});
