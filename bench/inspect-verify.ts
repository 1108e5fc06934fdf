/**
 * What `inspect --verify` takes: two real servers filled by DEBUG POPULATE, compared key by key. Prints time and the largest
 * resident memory of our process.
 *
 *   npm run bench:inspect-verify -- [keys]
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRealRedis } from '../test/support/real-redis.js';
import { builtCli } from '../test/support/run-cli.js';
import { peerOrThrow, runTool, ToolError } from '../test/support/tool.js';

const VALUE_BYTES = 100;
const LOOK_MS = 100;

await runTool(async () => {
  const keys = Number(process.argv[2] ?? 1_000_000);
  const args = ['--enable-debug-command', 'local'];
  const servers = await Promise.all([1, 2].map(() => startRealRedis({ bin: peerOrThrow(), args })));
  try {
    await Promise.all(servers.map((server) => server.must('DEBUG', 'POPULATE', keys, 'key', VALUE_BYTES)));
    const [first, second] = servers.map(({ port }) => `127.0.0.1:${port}`);
    const from = process.hrtime.bigint();
    const { code, peakBytes, text } = await run(['inspect', first, '--verify', second]);
    const seconds = Number(process.hrtime.bigint() - from) / 1e9;
    if (code !== 0) throw new ToolError(text, 1);
    console.log(
      `${keys} keys: ${seconds.toFixed(1)} s, ${(peakBytes / 1024 ** 2).toFixed(0)} MB resident at most`,
    );
    return 0;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
});

function run(args: readonly string[]): Promise<{ code: number | null; peakBytes: number; text: string }> {
  const child = spawn(process.execPath, [join(builtCli(), 'bin/run.js'), ...args]);
  let peakBytes = 0;
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const look = setInterval(() => (peakBytes = Math.max(peakBytes, highWater(child.pid!))), LOOK_MS);
  return new Promise((resolve) =>
    child.once('close', (code) => {
      clearInterval(look);
      resolve({ code, peakBytes, text });
    }),
  );
}

/** VmHWM of the process; 0 when it is gone. */
function highWater(pid: number): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
