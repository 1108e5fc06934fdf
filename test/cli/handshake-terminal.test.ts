/** `redis-ts handshake` on a real terminal: what moves while it waits, and what is left when it ends. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  bulk,
  command,
  fullSync,
  infoText,
  startFakeMaster,
  type FakeConnection,
} from '../support/fake-master.js';
import { forThisTest } from '../support/for-this-test.js';
import { builtCli } from '../support/run-cli.js';
import { openWindow, tmuxAvailable } from '../support/tmux.js';

const SETTINGS: Readonly<Record<string, string>> = {
  'repl-diskless-sync': 'yes',
  'repl-diskless-sync-delay': '9',
  'min-replicas-to-write': '2',
};
const CLIENTS = ['a', 'b'].map((id) => `id=1 addr=1.2.3.4:5 name=sentinel-${id}1-cmd cmd=ping\n`).join('');

describe.skipIf(!tmuxAvailable)('redis-ts handshake on a terminal', () => {
  it('counts the diskless delay down, warns before it is spent, and follows with ACK 0', async () => {
    let waiting: FakeConnection | undefined;
    const master = forThisTest(
      await startFakeMaster({
        on: {
          config: (args) =>
            `*2\r\n$${args[2].length}\r\n${args[2]}\r\n$${SETTINGS[args[2]].length}\r\n${SETTINGS[args[2]]}\r\n`,
          client: `$${CLIENTS.length}\r\n${CLIENTS}\r\n`,
          // Where the master stands after the one command that it will stream.
          info: () => bulk(infoText({ master_repl_offset: 27 })),
          psync: (_args, connection) => {
            waiting = connection;
            return undefined;
          },
        },
      }),
    );
    const run = `${process.execPath} ${join(builtCli(), 'bin/run.js')} handshake :${master.port} --follow --count 1`;
    const window = openWindow(run, { columns: 110, rows: 50 });
    await window.sees(/9 s, before it\s+begins/);
    await window.sees(/2 Sentinels watch this master/);
    await window.sees(/min-replicas-to-write is 2 here/);
    await window.sees(/the master lets repl-diskless-sync-delay pass: \d s left \(we send nothing/);
    expect(waiting?.seen).toEqual([
      ...['PING', 'REPLCONF listening-port 6380', 'REPLCONF capa eof capa psync2', 'PSYNC ? -1'],
    ]);
    const mark = 'm'.repeat(40);
    const [line, , rdb] = fullSync().split(/\$88(\r\n)/);
    waiting?.send(`${line}$EOF:${mark}\r\n${rdb}${mark}`);
    await window.sees(/> REPLCONF ACK 0/);
    await window.sees(/0 acknowledges nothing, so no WAIT is\s+satisfied/);
    waiting?.send(command('SET', 'k', 'v'));
    await window.sees(/the handshake went through/);
    expect(waiting?.seen.slice(4).every((sent) => sent === 'REPLCONF ACK 0')).toBe(true);
    expect(window.screen().join('\n')).not.toContain('s left');
    expect(window.cursorShown()).toBe(true);
  });
});
