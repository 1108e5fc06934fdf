/**
 * `npm run bench:memory`: resident memory of our server beside a real one, for the same data.
 *
 * Each data set is loaded into a server of its own over one pipelined connection. `peak` is the most that was resident while it was
 * loaded (VmHWM), `at rest` what is resident after some quiet seconds: V8 gives back what it does not need 8 to 17 s after the last
 * full collection. Both include the empty server, whose figure comes first: an empty Node process, which is printed above the table, is
 * larger than an empty redis-server. Needs /proc.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startServer } from '../test/support/server-process.js';
import { loadCommands } from './load.js';
import { oursOrThrow, peerOrThrow, runTool, say } from '../test/support/tool.js';

const USAGE = `usage: npm run bench:memory -- [options]
  --only a,b             data sets by the start of their name
  --rest N               quiet seconds before the memory at rest is read (default 25)
  --ours "command"       the server under test (default: the built redis-ts serve)
  --peer path            the real server`;

type Argv = readonly string[];

interface DataSet {
  readonly name: string;
  readonly commands: () => Iterable<Argv>;
  /** Lines of a reply. */
  readonly lines?: number;
}

const KEYS = 1_000_000;
const COLLECTIONS = 1_000;
const MEMBERS = 1_000;
/** Members of one command. */
const AT_ONCE = 100;

function* smallKeys(): Iterable<Argv> {
  for (let i = 0; i < KEYS; i++) yield ['SET', `key:${String(i).padStart(12, '0')}`, `value:${i}`];
}

/** 1,000 collections of 1,000 members: `parts` are the arguments of one member. */
function* collections(command: string, parts: (member: number) => Argv): Iterable<Argv> {
  for (let c = 0; c < COLLECTIONS; c++) {
    for (let m = 0; m < MEMBERS; m += AT_ONCE) {
      const argv = [command, `${command}:${c}`];
      for (let i = m; i < m + AT_ONCE; i++) argv.push(...parts(c * MEMBERS + i));
      yield argv;
    }
  }
}

function* streams(): Iterable<Argv> {
  for (let c = 0; c < COLLECTIONS; c++) {
    for (let m = 1; m <= MEMBERS; m++) yield ['XADD', `stream:${c}`, `${m}-0`, 'field', `value:${m}`];
  }
}

const DATA_SETS: readonly DataSet[] = [
  { name: 'nothing', commands: () => [['PING']] },
  { name: '1,000,000 small keys', commands: smallKeys },
  { name: 'lists', commands: () => collections('RPUSH', (m) => [`element:${m}`]) },
  { name: 'sets', commands: () => collections('SADD', (m) => [`member:${m}`]) },
  { name: 'sets of integers', commands: () => collections('SADD', (m) => [String(m)]) },
  { name: 'hashes', commands: () => collections('HSET', (m) => [`field:${m}`, `value:${m}`]) },
  { name: 'sorted sets', commands: () => collections('ZADD', (m) => [String(m), `member:${m}`]) },
  { name: 'streams', commands: streams, lines: 2 },
];

interface Memory {
  readonly peakMb: number;
  readonly restMb: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rest: { type: 'string', default: '25' },
      ours: { type: 'string' },
      peer: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(USAGE, 0);
  const ours = oursOrThrow(values.ours);
  const peer = peerOrThrow(values.peer);
  const wanted = values.only?.split(',') ?? [''];
  console.log(`Node with an empty Worker: ${(await emptyNodeMb()).toFixed(0)} MB\n`);
  console.log('| data | ours at rest | real at rest | ratio | ours at its peak | real at its peak | ratio |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const dataSet of DATA_SETS.filter(({ name }) => wanted.some((start) => name.startsWith(start)))) {
    const a = await measure(ours, dataSet, Number(values.rest));
    const b = await measure([peer], dataSet, Number(values.rest));
    const rest = [`${a.restMb.toFixed(0)} MB`, `${b.restMb.toFixed(0)} MB`, (a.restMb / b.restMb).toFixed(2)];
    const peak = [`${a.peakMb.toFixed(0)} MB`, `${b.peakMb.toFixed(0)} MB`, (a.peakMb / b.peakMb).toFixed(2)];
    console.log(`| ${[dataSet.name, ...rest, ...peak].join(' | ')} |`);
  }
  return 0;
}

async function measure(command: readonly string[], dataSet: DataSet, restSeconds: number): Promise<Memory> {
  const server = await startServer(command);
  try {
    await loadCommands(server.port, dataSet.commands(), dataSet.lines);
    await new Promise((resolve) => setTimeout(resolve, restSeconds * 1000));
    return { peakMb: statusMb(server.pid, 'VmHWM'), restMb: statusMb(server.pid, 'VmRSS') };
  } finally {
    await server.stop();
  }
}

const EMPTY_NODE = `
  const { Worker, isMainThread } = require('node:worker_threads');
  setInterval(() => undefined, 1 << 30);
  if (isMainThread) new Worker('setInterval(() => undefined, 1 << 30); process.stdout.write("up")', { eval: true });
`;

/** The floor: a process with a Worker in which nothing is loaded. */
async function emptyNodeMb(): Promise<number> {
  const child = spawn(process.execPath, ['-e', EMPTY_NODE], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    return statusMb(child.pid!, 'VmRSS');
  } finally {
    child.kill('SIGKILL');
  }
}

/** A figure of /proc/<pid>/status in MB. */
function statusMb(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'latin1'),
  );
  if (found === null) throw new Error(`no ${field} in /proc/${pid}/status`);
  return Number(found[1]) / 1024;
}

await runTool(main);
