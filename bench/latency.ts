/**
 * `npm run bench:snapshot`: two questions about pauses.
 *
 * 1. How long does the longest insert take while one database grows to 20,000,000 small keys?
 * 2. How much slower is a PING (p99.9) beside a BGSAVE of 1,000,000 keys under write load than without it?
 *
 * Each is asked of our server and, with --peer, of a real one; windows with and without BGSAVE alternate. The client that
 * measures asks the system for a higher priority than the servers have: its own waiting for a CPU is no latency of theirs.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type RespConnection } from '../test/support/resp-connection.js';
import { startServer, type RunningServer } from '../test/support/server-process.js';
import { loadKeys } from './load.js';
import { longestInsert } from './longest-insert.js';
import { startProber, type Prober } from './ping.js';
import { median, percentile, withSpread } from './statistics.js';
import { oursOrThrow, pause, runTool, say } from '../test/support/tool.js';

const USAGE = `usage: npm run bench:snapshot -- [options]
  --only insert|bgsave   one of the two
  --insert-keys N        keys to insert (default 20000000)
  --keys N               keys that BGSAVE writes (default 1000000)
  --value-bytes N        their size (default 100)
  --write-rate N         SETs per second beside the PINGs (default 10000)
  --rounds N             windows with and without BGSAVE (default 5)
  --ours "command"       the server under test (default: the built redis-ts serve)
  --peer path            ask a real server the same`;

const PING_INTERVAL_MS = 1;
const SETTLE_MS = 500;
const MIN_WINDOW_MS = 2000;
const MAX_BGSAVE_MS = 300_000;
const POLL_MS = 50;
const LIMIT = 1.5;
/** As far as the system lets us: -20 needs its administrator. */
const PRIORITY = constants.priority.PRIORITY_HIGHEST;

interface Settings {
  readonly keys: number;
  readonly valueBytes: number;
  readonly writeRate: number;
  readonly rounds: number;
}

interface Windows {
  readonly beside: number[][];
  readonly without: number[][];
  readonly saveMs: number[];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      'insert-keys': { type: 'string', default: '20000000' },
      keys: { type: 'string', default: '1000000' },
      'value-bytes': { type: 'string', default: '100' },
      'write-rate': { type: 'string', default: '10000' },
      rounds: { type: 'string', default: '5' },
      ours: { type: 'string' },
      peer: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(USAGE, 0);
  if (values.only !== undefined && !['insert', 'bgsave'].includes(values.only)) return say(USAGE, 2);
  const ours = oursOrThrow(values.ours);
  const servers: [string, readonly string[]][] = [['ours', ours]];
  if (values.peer !== undefined) servers.push([values.peer, [values.peer]]);
  const settings: Settings = {
    keys: Number(values.keys),
    valueBytes: Number(values['value-bytes']),
    writeRate: Number(values['write-rate']),
    rounds: Number(values.rounds),
  };
  for (const [name, command] of servers) {
    if (values.only !== 'bgsave')
      await withServer(command, (server) => insert(name, server, Number(values['insert-keys'])));
    if (values.only !== 'insert') await withServer(command, (server) => bgsave(name, server, settings));
  }
  return 0;
}

async function withServer(
  command: readonly string[],
  use: (server: RunningServer) => Promise<void>,
): Promise<void> {
  const server = await startServer(command);
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

async function insert(name: string, { port }: RunningServer, keys: number): Promise<void> {
  const result = await longestInsert(port, keys);
  console.log(
    `${name}: ${result.keys} keys in ${result.seconds.toFixed(0)} s, longest insert ${result.longestMs.toFixed(1)} ms ` +
      `(at ${result.longestAt} keys), p99.99 ${result.p9999Ms.toFixed(2)} ms`,
  );
}

async function bgsave(name: string, server: RunningServer, settings: Settings): Promise<void> {
  await loadKeys(server.port, 'key:', settings.keys, 'x'.repeat(settings.valueBytes));
  const load = await startLoad(server.port, settings);
  const first = raisePriority();
  const prober = await startProber(server.port, PING_INTERVAL_MS);
  const control = await server.connect();
  try {
    await pause(SETTLE_MS);
    const windows: Windows = { beside: [], without: [], saveMs: [] };
    for (let round = 0; round < settings.rounds; round++) await oneRound(control, prober, windows);
    report(name, windows, settings);
    if (!first)
      console.log(
        '  (this client may not have a higher priority: its own waiting for a CPU is in these figures)',
      );
  } finally {
    setPriority(0);
    prober.stop();
    control.close();
    load.disconnect();
  }
}

/** @returns whether this process now comes before others */
function raisePriority(): boolean {
  try {
    setPriority(PRIORITY);
    return true;
  } catch {
    return false;
  }
}

/** A window beside BGSAVEs and one of the same length without, which comes first in every other round. */
async function oneRound(control: RespConnection, prober: Prober, windows: Windows): Promise<void> {
  const quiet = async (): Promise<void> => {
    await pause(SETTLE_MS);
    prober.take();
    const until = performance.now() + Math.max(MIN_WINDOW_MS, windows.saveMs.at(-1) ?? 0);
    // The same questions are asked as beside a BGSAVE, so that they weigh on both.
    while (performance.now() < until) await isSaving(control);
    windows.without.push(prober.take());
  };
  const isQuietFirst = windows.beside.length % 2 === 0;
  if (isQuietFirst) await quiet();
  const beside: number[] = [];
  for (let measuredMs = 0; measuredMs < MIN_WINDOW_MS; measuredMs += windows.saveMs.at(-1)!) {
    await pause(SETTLE_MS);
    prober.take();
    windows.saveMs.push(await oneSave(control));
    beside.push(...prober.take());
  }
  windows.beside.push(beside);
  if (!isQuietFirst) await quiet();
}

/** @returns how many ms it took */
async function oneSave(control: RespConnection): Promise<number> {
  const started = performance.now();
  const reply = await control.send('BGSAVE');
  if (reply.type === 'error') throw new Error(`BGSAVE: ${reply.text}`);
  while (await isSaving(control)) {
    if (performance.now() - started > MAX_BGSAVE_MS) throw new Error('BGSAVE did not end');
  }
  return performance.now() - started;
}

async function isSaving(control: RespConnection): Promise<boolean> {
  await pause(POLL_MS);
  const reply = await control.send('INFO', 'persistence');
  if (!('text' in reply)) throw new Error('no INFO');
  return reply.text.includes('rdb_bgsave_in_progress:1');
}

function report(name: string, { beside, without, saveMs }: Windows, settings: Settings): void {
  const p999 = (list: readonly number[]): number => percentile(list, 0.999);
  const ratio = p999(beside.flat()) / p999(without.flat());
  const perRound = beside.map((list, round) => p999(list) / p999(without[round]));
  console.log(
    [
      `${name}: BGSAVE of ${settings.keys} keys of ${settings.valueBytes} B in ${(median(saveMs) / 1000).toFixed(1)} s ` +
        `(median of ${saveMs.length}), ${settings.writeRate} SETs/s beside`,
      `  p99.9 of PING beside / without: ${ratio.toFixed(2)} over all, per round ${withSpread(perRound)}; ` +
        `at most ${LIMIT}: ${ratio <= LIMIT ? 'yes' : 'no'}`,
      `  (here ${p999(beside.flat()).toFixed(2)} ms of ${beside.flat().length} and ${p999(without.flat()).toFixed(2)} ms of ` +
        `${without.flat().length} PINGs; longest ${Math.max(...beside.map(longest)).toFixed(1)} and ` +
        `${Math.max(...without.map(longest)).toFixed(1)} ms)`,
    ].join('\n'),
  );
}

function longest(list: readonly number[]): number {
  return list.reduce((best, latency) => Math.max(best, latency), 0);
}

async function startLoad(port: number, { writeRate, keys, valueBytes }: Settings): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('./write-load.ts', import.meta.url));
  const child = fork(file, [port, writeRate, keys, valueBytes].map(String));
  await once(child, 'message');
  return child;
}

await runTool(main);
