/**
 * One measurement: redis-benchmark against a running server, with the server's own CPU time beside it.
 *
 * CPU time is utime + stime of the whole process, all threads, from /proc/<pid>/stat; where there is no /proc it is
 * undefined and left out of the table.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { WORKLOAD_RANGE, workloads, type Workload } from './workloads.js';

const run = promisify(execFile);

/** Linux's USER_HZ, which is 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
const KEY_SPACE_FLOOR = 1;

export interface Cell {
  /** As redis-benchmark's -t (set, get, incr, mset), or a name in workloads.ts. */
  readonly test: string;
  readonly depth: number;
  readonly valueBytes: number;
  readonly clients: number;
  /** Keys that were loaded and are drawn from. */
  readonly keys: number;
}

export interface Sample {
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
  /** Server CPU per request. */
  readonly cpuMicros: number | undefined;
}

export interface Target {
  readonly port: number;
  readonly pid: number;
}

/** Sends `requests` requests of the cell's kind and says what they cost. */
export async function measure(
  benchmark: readonly string[],
  target: Target,
  cell: Cell,
  requests: number,
): Promise<Sample> {
  const args = [
    ...benchmark.slice(1),
    ...['-h', '127.0.0.1', '-p', String(target.port), '--csv', '-n', String(requests)],
    ...['-c', String(cell.clients), '-P', String(cell.depth)],
    ...requestArguments(cell),
  ];
  const before = cpuSeconds(target.pid);
  const { stdout } = await run(benchmark[0], args, { maxBuffer: 16 * 1024 * 1024 });
  const after = cpuSeconds(target.pid);
  const { requestsPerSecond, p99Ms } = parseCsv(stdout);
  const cpuMicros =
    before === undefined || after === undefined ? undefined : ((after - before) / requests) * 1e6;
  return { requestsPerSecond, p99Ms, cpuMicros };
}

function requestArguments({ test, valueBytes, keys }: Cell): readonly string[] {
  const workload = workloads[test] as Workload | undefined;
  if (workload !== undefined)
    return ['-r', String(WORKLOAD_RANGE), ...workload.request('x'.repeat(valueBytes))];
  return ['-t', test, '-d', String(valueBytes), '-r', String(Math.max(KEY_SPACE_FLOOR, keys))];
}

/** redis-benchmark's `--csv` output: a header line and one line of quoted fields. */
export function parseCsv(text: string): { requestsPerSecond: number; p99Ms: number } {
  const lines = text.split('\n').filter((line) => line.startsWith('"'));
  if (lines.length !== 2) throw new Error(`not one result of redis-benchmark: ${text}`);
  const [names, values] = lines.map((line) => line.slice(1, -1).split('","'));
  const field = (name: string): number => {
    const value = Number(values[names.indexOf(name)]);
    if (!Number.isFinite(value)) throw new Error(`no ${name} in ${text}`);
    return value;
  };
  return { requestsPerSecond: field('rps'), p99Ms: field('p99_latency_ms') };
}

/** CPU seconds that a process has used, or undefined where there is no /proc. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold blanks; utime and stime are the 12th and 13th fields after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
