/** What peers send arrives whole, whichever buffer it is read into, on every way that Node offers. */
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Connection } from '../../../src/core/engine/connection.js';
import { type Listener, type ListenerOptions } from '../../../src/core/net/tcp-server.js';
import { eventually } from '../../support/eventually.js';

const PEERS = 4;
const SILENT = 1e9;
let listener: Listener | undefined;

afterEach(async () => {
  await listener?.close();
  vi.restoreAllMocks();
  vi.resetModules();
});

/** The listener of a process whose Node has, or has not, what `fast-path.ts` looks for. */
async function listening(options: ListenerOptions, streamState: boolean): Promise<number> {
  vi.resetModules();
  if (!streamState) {
    vi.spyOn(process as unknown as { binding(): unknown }, 'binding').mockImplementation(() => {
      throw new Error('no such binding');
    });
  }
  const fastPath = await import('../../../src/core/net/fast-path.js');
  expect(fastPath.streamState !== undefined).toBe(streamState);
  const server = await import('../../../src/core/net/tcp-server.js');
  listener = new server.Listener(options);
  return listener.listen('127.0.0.1', 0);
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe.each([
  ['where Node leaves its bytes', true, true],
  ["through Node's own reading", true, false],
  ['by the stream', false, true],
])('input %s', (_how, fast, streamState) => {
  it('arrives whole and in order, whoever falls silent or pipelines in between', async () => {
    const seen: string[] = [];
    const connections: Connection[] = [];
    const accept = (connection: Connection) => {
      const at = connections.push(connection) - 1;
      seen[at] = '';
      return {
        receive: (chunk: Buffer, start: number, end: number) => {
          seen[at] += chunk.latin1Slice(start, end);
        },
        inputEnded: () => undefined,
        disconnected: () => undefined,
      };
    };
    const port = await listening({ accept, backlog: 16, keepAliveSeconds: 0, fast }, streamState);
    const peers = [];
    for (let i = 0; i < PEERS; i++) {
      peers.push(connect(port, '127.0.0.1'));
      await eventually(() => connections.length === i + 1);
    }
    const sent = peers.map(() => '');
    const others: Buffer[] = [];
    for (let round = 0; round < 24; round++) {
      for (const [i, peer] of peers.entries()) {
        const length = [1, 30, 16 * 1024, 100_000][(round + i) % 4];
        const text = String.fromCharCode(97 + ((round + i) % 26)).repeat(length);
        sent[i] += text;
        peer.write(text);
      }
      await eventually(() => seen.every((text, i) => text.length === sent[i].length));
      for (const { input } of connections) input?.trim(round % 3 === 0 ? SILENT : 0);
      if (round % 6 === 0) collectGarbage();
      // What was let go of is given out again, and overwritten.
      others.push(Buffer.alloc(16 * 1024, 0xee));
    }
    expect(seen).toEqual(sent);
    for (const peer of peers) peer.destroy();
    expect(others).toHaveLength(24);
  });
});
