/**
 * Runs one unit of the official suite as a process of its own, so that a unit that aborts takes no other with it. The
 * process group is ended afterwards: servers that an aborted unit left behind go with it.
 */
import { spawn } from 'node:child_process';
import { parseUnitOutput, type UnitOutput } from './suite-output.js';

export interface UnitRun {
  readonly unit: string;
  /** The working directory of the suite. */
  readonly dir: string;
  readonly tclsh: string;
  /** Names of tests to leave out. */
  readonly skipTests: readonly string[];
  /** A running server to test against; otherwise the suite starts its own, on ports from `basePort`. */
  readonly server?: { readonly port: number };
  readonly basePort: number;
  /** Run on after an exception inside a test, as the suite's --durable does. */
  readonly durable: boolean;
  readonly timeoutSeconds: number;
  readonly onOutput?: (text: string) => void;
}

const PORTS_PER_UNIT = 1000;
const GRACE_SECONDS = 30;

/** Runs it and reads the result. Never rejects for what the unit does; rejects when tclsh cannot be started. */
export function runUnit(run: UnitRun): Promise<UnitOutput> {
  return new Promise((resolve, reject) => {
    const child = spawn(run.tclsh, ['tests/test_helper.tcl', ...unitArguments(run)], {
      cwd: run.dir,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TERM: 'dumb' },
    });
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      run.onOutput?.(chunk.toString('utf8'));
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const hardLimit = setTimeout(() => endGroup(child.pid), (run.timeoutSeconds * 4 + GRACE_SECONDS) * 1000);
    const endWithUs = (): void => endGroup(child.pid);
    process.once('exit', endWithUs);
    child.once('error', (error) => {
      clearTimeout(hardLimit);
      process.off('exit', endWithUs);
      reject(error);
    });
    child.once('exit', () => {
      clearTimeout(hardLimit);
      process.off('exit', endWithUs);
      endGroup(child.pid);
    });
    child.once('close', () => resolve(parseUnitOutput(text)));
  });
}

/** Units all of whose tests have the tag `slow`. */
const SLOW_UNITS = new Set(['unit/querybuf']);

function unitArguments(run: UnitRun): string[] {
  const { server } = run;
  return [
    ...['--single', run.unit, '--clients', '1', '--timeout', String(run.timeoutSeconds)],
    ...(SLOW_UNITS.has(run.unit) ? [] : ['--tags', '-slow']),
    ...(server === undefined ? [] : ['--host', '127.0.0.1', '--port', String(server.port)]),
    ...['--baseport', String(run.basePort), '--portcount', String(PORTS_PER_UNIT)],
    ...(run.durable ? ['--durable'] : []),
    ...run.skipTests.flatMap((test) => ['--skiptest', test]),
  ];
}

/** Ends every process of the group that this unit's run was started as. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
