/**
 * Our server on real sockets and the real clock, in this process: what `redis-ts serve` runs in its Worker. Its log and the events
 * of its link to a master are kept; a client of it calls commands.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromText } from '../../src/core/base/bytes.js';
import { SystemClock } from '../../src/core/base/clock-system.js';
import { SystemRandom } from '../../src/core/base/random-system.js';
import { SystemProcess } from '../../src/core/engine/process-system.js';
import { SystemDisk } from '../../src/core/persistence/disk-system.js';
import { type LinkEvent } from '../../src/core/replication/ports.js';
import { Server } from '../../src/core/server.js';
import { Config } from '../../src/core/services/config/config.js';
import { logTo } from '../../src/core/services/log.js';
import { connectClient, type RespClient } from './resp-client.js';

export interface LiveServer extends RespClient {
  readonly port: number;
  readonly dir: string;
  readonly server: Server;
  /** Log lines, `notice: …`. */
  readonly log: string[];
  readonly events: LinkEvent[];
  /** The reason of the last event of a kind. */
  reason(kind: 'full-sync' | 'partial-sync' | 'lost' | 'retry' | 'stopped'): string | undefined;
  stop(): Promise<void>;
}

/** Starts a server on a free loopback port; `directives` as in redis.conf. */
export async function startLiveServer(
  directives: Readonly<Record<string, string>> = {},
): Promise<LiveServer> {
  const dir = mkdtempSync(join(tmpdir(), 'redis-ts-live-'));
  const config = new Config();
  const given = {
    port: '0',
    bind: '127.0.0.1',
    dir,
    save: '',
    'repl-diskless-sync-delay': '0',
    ...directives,
  };
  for (const [name, value] of Object.entries(given)) {
    config.load(
      fromText(name),
      value === '' ? [fromText('')] : value.split(' ').map((word) => fromText(word)),
    );
  }
  const log: string[] = [];
  const events: LinkEvent[] = [];
  const server = new Server({
    clock: new SystemClock(),
    random: new SystemRandom(),
    disk: new SystemDisk(),
    config,
    log: logTo((level, message) => log.push(`${level}: ${message}`)),
    host: new SystemProcess(),
    configFile: '',
    anyPort: true,
    onShutdown: () => undefined,
  });
  server.replication.follower.observer = (event) => events.push(event);
  await server.start();
  const client = await connectClient(server.port);
  return {
    ...client,
    port: server.port,
    dir,
    server,
    log,
    events,
    reason: (kind) => {
      const event = events.filter((e) => e.kind === kind).at(-1);
      return event !== undefined && 'reason' in event ? event.reason : undefined;
    },
    stop: async () => {
      client.close();
      await server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
