/**
 * `npm run bench`: throughput and server CPU of our server beside a real one, in interleaved pairs.
 *
 * Both run at once on empty folders without AOF and snapshots; the key space is loaded first, each pair is warmed up, and
 * the order inside a pair alternates. What is printed are ratios ours/peer of each pair, median and spread: absolute
 * times depend on the machine and are only appended. `--write` writes docs/benchmarks.md.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  projectRoot,
  realRedisServer,
  redisVersion,
  startServer,
  type RunningServer,
} from '../test/support/server-process.js';
import { loadCommands, loadKeys } from './load.js';
import { measure, type Cell, type Sample } from './measure.js';
import { median, withSpread } from './statistics.js';
import { workloads, type Workload } from './workloads.js';
import { oursOrThrow, runTool, say } from '../test/support/tool.js';

const USAGE = `usage: npm run bench -- [options]
  --quick            three cells, three rounds of a second
  --tests a,b        set, get, incr, mset; lpush, lrange, sadd, hset, zadd, zrangebyscore, xadd, spop (default: all)
  --depths a,b       pipeline depths (default 1,16,64; collections: 16)
  --values a,b       value sizes in bytes (default 3,256,4096)
  --clients N        connections (default 50)
  --keys N           key space, -r (default 1000000)
  --max-load-mb N    the key space is made smaller when it would hold more than this (default 1200)
  --rounds N         pairs per cell (default 5)
  --seconds S        length of one measurement (default 3)
  --pin              servers on CPU 0, redis-benchmark on CPU 1 (taskset)
  --ours "command"   the server under test (default: the built redis-ts serve)
  --peer path        redis-server to compare with; may be repeated (default: $REDIS_SERVER or the one on the PATH)
  --benchmark path   redis-benchmark (default: beside the peer, or the one on the PATH)
  --write            write docs/benchmarks.md`;

const WARM_UP_REQUESTS = 20_000;
const MIN_REQUESTS = 10_000;
const MSET_KEYS = 10;
const STRING_TESTS = ['set', 'get', 'incr', 'mset'];
/** Collections are measured with one size of value and at one depth, unless depths are asked for. */
const COLLECTION_VALUE_BYTES = 3;
const COLLECTION_DEPTHS = [16];

interface Pair {
  readonly ours: Sample;
  readonly peer: Sample;
}

interface Settings {
  readonly tests: readonly string[];
  readonly depths: readonly number[];
  readonly collectionDepths: readonly number[];
  readonly values: readonly number[];
  readonly clients: number;
  readonly keys: number;
  readonly maxLoadBytes: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly pin: boolean;
  readonly ours: readonly string[];
  readonly peers: readonly string[];
  readonly benchmark: string | undefined;
}

interface CellResult {
  readonly cell: Cell;
  readonly pairs: readonly Pair[];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      tests: { type: 'string' },
      depths: { type: 'string' },
      values: { type: 'string' },
      clients: { type: 'string', default: '50' },
      keys: { type: 'string', default: '1000000' },
      'max-load-mb': { type: 'string', default: '1200' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      pin: { type: 'boolean', default: false },
      ours: { type: 'string' },
      peer: { type: 'string', multiple: true },
      benchmark: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(USAGE, 0);
  const { quick } = values;
  const ours = oursOrThrow(values.ours);
  const found = realRedisServer();
  const peers = values.peer ?? (found === undefined ? [] : [found]);
  const wrong = peers.find((peer) => redisVersion(peer) === undefined);
  if (wrong !== undefined) return say(`${wrong} is no redis-server`, 3);
  if (peers.length === 0) return say('no real redis-server: give --peer', 3);
  const settings: Settings = {
    tests: list(values.tests, quick ? ['set', 'get'] : [...STRING_TESTS, ...Object.keys(workloads)]),
    depths: list(values.depths, quick ? ['1', '16'] : ['1', '16', '64']).map(Number),
    collectionDepths: values.depths === undefined ? COLLECTION_DEPTHS : list(values.depths, []).map(Number),
    values: list(values.values, quick ? ['3'] : ['3', '256', '4096']).map(Number),
    clients: Number(values.clients),
    keys: Number(values.keys),
    maxLoadBytes: Number(values['max-load-mb']) * 1024 * 1024,
    rounds: Number(values.rounds ?? (quick ? 3 : 5)),
    seconds: Number(values.seconds ?? (quick ? 1 : 3)),
    pin: values.pin,
    ours,
    peers,
    benchmark: values.benchmark,
  };
  const unknown = settings.tests.find((test) => !STRING_TESTS.includes(test) && !(test in workloads));
  if (unknown !== undefined) return say(`no such test: ${unknown}`, 3);
  const parts: string[] = [];
  for (const peer of peers) parts.push(await againstPeer(peer, settings));
  if (values.write) writeFileSync(path.join(projectRoot, 'docs/benchmarks.md'), renderPage(parts, settings));
  return 0;
}

/** All cells against one peer; prints and returns the table. */
async function againstPeer(peer: string, settings: Settings): Promise<string> {
  const version = redisVersion(peer)?.join('.') ?? '';
  const title = `Ours / redis-server ${version}`;
  console.log(`\n${title}\n\n${HEAD}`);
  const results: CellResult[] = [];
  const strings = settings.tests.filter((test) => STRING_TESTS.includes(test));
  const collections = settings.tests.filter((test) => test in workloads);
  const note = (result: CellResult): void => {
    results.push(result);
    console.log(renderRow(result));
  };
  for (const valueBytes of strings.length === 0 ? [] : settings.values) {
    for await (const result of cellsOf(valueBytes, peer, { ...settings, tests: strings })) note(result);
  }
  for (const test of collections) {
    for await (const result of collectionCells(test, peer, settings)) note(result);
  }
  return [`## ${title}`, '', HEAD, ...results.map(renderRow), '', ...renderAbsolute(results)].join('\n');
}

/** The cells of one kind of collection, on servers that hold nothing else. */
async function* collectionCells(test: string, peer: string, settings: Settings): AsyncGenerator<CellResult> {
  const servers: RunningServer[] = [];
  try {
    await startPair(servers, peer, settings);
    const value = 'x'.repeat(COLLECTION_VALUE_BYTES);
    for (const { port } of servers) await loadCommands(port, workloads[test].prepare(value, 0));
    for (const depth of settings.collectionDepths) {
      const cell: Cell = {
        test,
        depth,
        valueBytes: COLLECTION_VALUE_BYTES,
        clients: settings.clients,
        keys: 1,
      };
      yield { cell, pairs: await measurePairs(benchmarkCommand(peer, settings), servers, cell, settings) };
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

function benchmarkCommand(peer: string, { pin, benchmark }: Settings): string[] {
  return [...(pin ? ['taskset', '-c', '1'] : []), benchmark ?? benchmarkBeside(peer)];
}

/** Starts ours and the peer; what runs is in `servers`, also when the second does not start. */
async function startPair(servers: RunningServer[], peer: string, { pin, ours }: Settings): Promise<void> {
  const pinned = pin ? ['taskset', '-c', '0'] : [];
  servers.push(await startServer([...pinned, ...ours]));
  servers.push(await startServer([...pinned, peer]));
}

/** The cells of one value size, on one pair of servers that are filled with values of that size. */
async function* cellsOf(valueBytes: number, peer: string, settings: Settings): AsyncGenerator<CellResult> {
  const benchmark = benchmarkCommand(peer, settings);
  const servers: RunningServer[] = [];
  try {
    await startPair(servers, peer, settings);
    const keys = Math.min(settings.keys, Math.floor(settings.maxLoadBytes / Math.max(1, valueBytes)));
    for (const { port } of servers) await loadKeySpace(port, keys, valueBytes, settings.tests);
    for (const test of settings.tests.filter(
      (name) => name !== 'incr' || valueBytes === settings.values[0],
    )) {
      for (const depth of settings.depths) {
        const cell: Cell = { test, depth, valueBytes, clients: settings.clients, keys };
        yield { cell, pairs: await measurePairs(benchmark, servers, cell, settings) };
      }
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** redis-benchmark's own names: `key:` for SET, GET and MSET, `counter:` for INCR. */
async function loadKeySpace(
  port: number,
  keys: number,
  valueBytes: number,
  tests: readonly string[],
): Promise<void> {
  if (tests.some((test) => test !== 'incr')) await loadKeys(port, 'key:', keys, 'x'.repeat(valueBytes));
  if (tests.includes('incr')) await loadKeys(port, 'counter:', keys, '0');
}

/** Warms both up, chooses a number of requests that takes the wanted time, then measures pair by pair. */
async function measurePairs(
  benchmark: readonly string[],
  [ours, peer]: readonly RunningServer[],
  cell: Cell,
  settings: Settings,
): Promise<Pair[]> {
  const warm = WARM_UP_REQUESTS * (cell.depth > 1 ? 5 : 1);
  const rates: number[] = [];
  for (const server of [ours, peer])
    rates.push((await prepareAndMeasure(benchmark, server, cell, warm)).requestsPerSecond);
  const requests = Math.max(MIN_REQUESTS, Math.round(median(rates) * settings.seconds));
  const pairs: Pair[] = [];
  for (let round = 0; round < settings.rounds; round++) {
    const first = round % 2 === 0 ? ours : peer;
    const second = first === ours ? peer : ours;
    const a = await prepareAndMeasure(benchmark, first, cell, requests);
    const b = await prepareAndMeasure(benchmark, second, cell, requests);
    pairs.push(first === ours ? { ours: a, peer: b } : { ours: b, peer: a });
  }
  return pairs;
}

async function prepareAndMeasure(
  benchmark: readonly string[],
  server: RunningServer,
  cell: Cell,
  requests: number,
): Promise<Sample> {
  const workload = workloads[cell.test] as Workload | undefined;
  if (workload?.anew)
    await loadCommands(server.port, workload.prepare('x'.repeat(cell.valueBytes), requests));
  return measure(benchmark, server, cell, requests);
}

function benchmarkBeside(peer: string): string {
  const beside = path.join(path.dirname(peer), 'redis-benchmark');
  return peer.includes('/') && spawnSync(beside, ['--version']).status === 0 ? beside : 'redis-benchmark';
}

const HEAD =
  '| command | value | depth | throughput | CPU per request | p99 |\n| --- | ---: | ---: | ---: | ---: | ---: |';

function renderRow({ cell, pairs }: CellResult): string {
  const ratio = (of: (sample: Sample) => number | undefined): string => {
    const ratios = pairs
      .map(({ ours, peer }) => (of(ours) ?? NaN) / (of(peer) ?? NaN))
      .filter(Number.isFinite);
    return ratios.length === 0 ? 'not known' : withSpread(ratios);
  };
  const name = titleOf(cell.test);
  const columns = [ratio((s) => s.requestsPerSecond), ratio((s) => s.cpuMicros), ratio((s) => s.p99Ms)];
  return `| ${name} | ${cell.test === 'incr' ? '' : `${cell.valueBytes} B`} | ${cell.depth} | ${columns.join(' | ')} |`;
}

function titleOf(test: string): string {
  const workload = workloads[test] as Workload | undefined;
  return workload?.title ?? `${test.toUpperCase()}${test === 'mset' ? ` of ${MSET_KEYS} keys` : ''}`;
}

/** What this machine did, for orders of magnitude only. */
function renderAbsolute(results: readonly CellResult[]): string[] {
  const rows = results.map(({ cell, pairs }) => {
    const side = (of: (pair: Pair) => Sample): string => {
      const samples = pairs.map(of);
      const rate = Math.round(median(samples.map((sample) => sample.requestsPerSecond)) / 1000);
      return `${rate} k/s, p99 ${median(samples.map((sample) => sample.p99Ms)).toFixed(2)} ms`;
    };
    const { test, valueBytes, depth, keys } = cell;
    return `| ${titleOf(test)} | ${valueBytes} B | ${depth} | ${keys} | ${side((p) => p.ours)} | ${side((p) => p.peer)} |`;
  });
  const head = [
    '| command | value | depth | keys | ours | peer |',
    '| --- | ---: | ---: | ---: | --- | --- |',
  ];
  return ['<details><summary>What this machine did</summary>', '', ...head, ...rows, '', '</details>', ''];
}

function renderPage(parts: readonly string[], settings: Settings): string {
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench -- --write`. Each figure is ours divided by the peer’s, the median of interleaved pairs with the',
    'lowest and the highest: a throughput above 1 means that ours is faster, a CPU or p99 above 1 that ours costs more. CPU is',
    'the time of the whole server process, all threads, per request.',
    '',
    `${settings.clients} clients, ${settings.rounds} pairs of about ${settings.seconds} s, keys loaded first, warmed up, AOF and`,
    `snapshots off on both, ${settings.pin ? 'servers and redis-benchmark on a CPU each' : 'not pinned'}; ${os.cpus().length} CPUs, ` +
      `${os.platform()} ${os.arch()}, Node ${process.versions.node}.`,
    '',
    ...parts,
  ].join('\n');
}

function list(text: string | undefined, fallback: readonly string[]): readonly string[] {
  return text === undefined ? fallback : text.split(',').filter((item) => item !== '');
}

await runTool(main);
