/**
 * What `inspect --watch` costs: CPU of the whole process while it watches a scripted server with 100 replicas, once a second,
 * drawn into a real terminal (tmux). Prints the share of one core after the start-up is over.
 *
 *   npm run bench:inspect-watch -- [seconds]
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtCli } from '../test/support/run-cli.js';
import { startScriptedServer } from '../test/support/scripted-server.js';
import { newWindow } from '../test/support/tmux.js';
import { pause } from '../test/support/tool.js';

const seconds = Number(process.argv[2] ?? 20);
const TICKS_PER_SECOND = 100;

const replicas = Array.from({ length: 100 }, (_, n) => ({
  ip: `10.0.${n}.1`,
  port: 6379,
  behind: (look: number) => ((look * 7919 + n * 104_729) % 100) * 1000,
}));
const server = await startScriptedServer({ replicas, offset: (look) => 1e9 + look * 1_000_000 });
const command = `${process.execPath} ${join(builtCli(), 'bin/run.js')} inspect :${server.port} --watch`;
const window = newWindow(command, { columns: 200, rows: 50 });
try {
  await untilLooks(4);
  const pid = findPid(`inspect :${server.port} --watch`);
  const before = cpuTicks(pid);
  const from = process.hrtime.bigint();
  await pause(seconds * 1000);
  const elapsed = Number(process.hrtime.bigint() - from) / 1e9;
  const share = (cpuTicks(pid) - before) / TICKS_PER_SECOND / elapsed;
  console.log(
    `100 replicas, one look a second, ${elapsed.toFixed(1)} s: ${(share * 100).toFixed(1)} % of a core, ` +
      `${(residentBytes(pid) / 1024 ** 2).toFixed(0)} MB resident`,
  );
} finally {
  window.close();
  await server.close();
}

async function untilLooks(count: number): Promise<void> {
  while (server.looks() < count) await pause(50);
}

function findPid(words: string): number {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const own = lines.filter(
    (line) => line.includes(words) && line.trim().split(/\s+/)[1] === process.execPath,
  );
  return Number(own[0].trim().split(' ')[0]);
}

/** User and system time of the process, in clock ticks. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
}
