/** `redis-ts serve` as a process, with a folder of its own and one replica attached, for a file of tests that look at it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { FakeReplica } from './fake-replica.js';
import { startCli } from './run-cli.js';

const DEADLINE_MS = 40_000;

export interface OurServer {
  readonly port: number;
  /** Its folder; whatever a test writes there goes with it. */
  readonly dir: string;
  stop(): void;
}

/** Starts it; the replica gives it a backlog, so that its current position can be asked for. */
export async function startWithReplica(...directives: readonly string[]): Promise<OurServer> {
  const dir = mkdtempSync(join(tmpdir(), 'redis-ts-cli-'));
  const args = ['--port', '0', '--dir', dir, '--repl-diskless-sync-delay', '0', ...directives];
  const child = startCli(['serve', ...args]);
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  await eventually(() => /Ready to accept/.test(log), DEADLINE_MS);
  const port = Number(/Listening on port (\d+)/.exec(log)![1]);
  const replica = await FakeReplica.attach(port);
  return {
    ...{ port, dir },
    stop: () => {
      replica.stop();
      child.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
