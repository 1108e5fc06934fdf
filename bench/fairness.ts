/**
 * `npm run bench:fairness`: how long do clients wait that send one command at a time, beside one that always has thousands unanswered?
 *
 * Ours and a real server run at once and hold the same keys; windows alternate between them, and which comes first. In a window
 * one client keeps its pipeline full, in a process of its own, and the others send a command when the last one is answered. What is
 * compared are percentiles of the others' latencies, ours / real of each pair of windows. `without` is the same without the deep client.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startServer } from '../test/support/server-process.js';
import { loadKeys } from './load.js';
import { startShallowClients } from './shallow-clients.js';
import { median, percentile, withSpread } from './statistics.js';
import { oursOrThrow, pause, peerOrThrow, runTool, say } from '../test/support/tool.js';

const USAGE = `usage: npm run bench:fairness -- [options]
  --clients N            clients with one command each (default 49)
  --depth N              commands that the deep client has unanswered (default 10000)
  --keys N               keys of the servers (default 100000)
  --value-bytes N        their size (default 100)
  --rounds N             pairs of windows (default 7)
  --seconds N            length of a window (default 3)
  --ours "command"       the server under test (default: the built redis-ts serve)
  --peer path            the real server`;

const SETTLE_MS = 500;
const PERCENTILES: readonly (readonly [string, number])[] = [
  ['p50', 0.5],
  ['p99', 0.99],
  ['p99.9', 0.999],
];

interface Settings {
  readonly clients: number;
  readonly depth: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly seconds: number;
}

/** What one window came to. */
interface Window {
  /** ms, in the order of PERCENTILES. */
  readonly latencies: readonly number[];
  /** Commands per second of those with one at a time, and of the deep client. */
  readonly shallowRate: number;
  readonly deepRate: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      clients: { type: 'string', default: '49' },
      depth: { type: 'string', default: '10000' },
      keys: { type: 'string', default: '100000' },
      'value-bytes': { type: 'string', default: '100' },
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '3' },
      ours: { type: 'string' },
      peer: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(USAGE, 0);
  const ours = oursOrThrow(values.ours);
  const peer = peerOrThrow(values.peer);
  const settings: Settings = {
    clients: Number(values.clients),
    depth: Number(values.depth),
    keys: Number(values.keys),
    valueBytes: Number(values['value-bytes']),
    seconds: Number(values.seconds),
  };
  await compare(ours, peer, settings, Number(values.rounds));
  return 0;
}

async function compare(
  ours: readonly string[],
  peer: string,
  settings: Settings,
  rounds: number,
): Promise<void> {
  const servers = [await startServer(ours)];
  try {
    servers.push(await startServer([peer]));
    for (const { port } of servers) {
      await loadKeys(port, 'key:', settings.keys, 'x'.repeat(settings.valueBytes));
    }
    for (const depth of [0, settings.depth]) {
      const windows: Window[][] = [[], []];
      // The first round only warms up.
      for (let round = 0; round <= rounds; round++) {
        for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
          const window = await measure(servers[which].port, { ...settings, depth });
          if (round > 0) windows[which].push(window);
        }
      }
      report(depth, settings, windows);
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** @param settings with depth 0 there is no deep client */
async function measure(port: number, settings: Settings): Promise<Window> {
  const { clients, keys, valueBytes, seconds, depth } = settings;
  const deep = depth === 0 ? undefined : await startDeepClient(port, settings);
  const shallow = await startShallowClients(port, clients, keys, valueBytes);
  try {
    await pause(SETTLE_MS);
    shallow.take();
    const before = await answeredBy(deep);
    const from = performance.now();
    await pause(seconds * 1000);
    const list = shallow.take();
    const tookSeconds = (performance.now() - from) / 1000;
    const after = await answeredBy(deep);
    return {
      latencies: PERCENTILES.map(([, share]) => percentile(list, share)),
      shallowRate: list.length / tookSeconds,
      deepRate: (after - before) / tookSeconds,
    };
  } finally {
    shallow.stop();
    if (deep !== undefined) {
      deep.disconnect();
      await once(deep, 'exit');
    }
  }
}

async function startDeepClient(port: number, settings: Settings): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('./pipeline-load.ts', import.meta.url));
  const child = fork(file, [port, settings.depth, settings.keys, settings.valueBytes].map(String));
  await once(child, 'message');
  return child;
}

async function answeredBy(deep: ChildProcess | undefined): Promise<number> {
  if (deep === undefined) return 0;
  const answer = once(deep, 'message');
  deep.send('answered?');
  return Number((await answer)[0]);
}

function report(depth: number, { clients }: Settings, [ours, real]: readonly Window[][]): void {
  console.log(
    depth === 0
      ? `\n${clients} clients, one command each, without a deep client`
      : `\n${clients} clients, one command each, beside one with ${depth}`,
  );
  console.log('| | ours / real | ours | real |');
  console.log('| --- | --- | ---: | ---: |');
  const row = (name: string, of: (window: Window) => number, unit: string, digits: number): void => {
    const ratios = ours.map((window, round) => of(window) / of(real[round]));
    const absolute = [ours, real].map((windows) => `${median(windows.map(of)).toFixed(digits)} ${unit}`);
    console.log(`| ${name} | ${withSpread(ratios)} | ${absolute.join(' | ')} |`);
  };
  PERCENTILES.forEach(([name], i) => row(name, ({ latencies }) => latencies[i], 'ms', 2));
  row('commands of these', ({ shallowRate }) => shallowRate, '/s', 0);
  if (depth > 0) row('commands of the deep one', ({ deepRate }) => deepRate, '/s', 0);
}

await runTool(main);
