/**
 * `npm run conformance -- --suite <checkout> [--unit unit/type/string …] [--mode one-server|spawning]`: runs the official
 * Redis suite against our server and prints a table. `--write` keeps the figures and writes docs/conformance.md.
 *
 * Exit code 0 when everything that was run passed, 1 when not, 2 for bad usage, 3 when something needed is not there.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot, startServer, type RunningServer } from '../support/server-process.js';
import { freeBasePort, PORTS_PER_JOB } from './ports.js';
import {
  failedCount,
  MODES,
  modeTable,
  readBaseline,
  readKnownFailures,
  readNotApplicable,
  readResults,
  readWaiting,
  renderPage,
  toResult,
  unitRow,
  writeResults,
  type Mode,
  type LeftOut,
  type UnitResult,
} from './report.js';
import { runUnit, type UnitRun } from './run-unit.js';
import { makeWorkspace, missingIn, type Workspace } from './workspace.js';
import { oursOrThrow, runTool, say } from '../support/tool.js';

const USAGE = `usage: npm run conformance -- --suite <built checkout of redis 7.2.6> [options]
  --suite DIR       the checkout (default: $REDIS_SUITE)
  --mode MODE       one-server or spawning (default: both)
  --unit NAME       only this unit; may be repeated (default: all that a real 7.2.6 passes)
  --ours "command"  the server under test (default: the built redis-ts serve)
  --durable         go on after an exception inside a test instead of ending the unit
  --all-tests       run the tests that cannot apply or wait for what is not built too
  --jobs N          units at a time when spawning (default 1)
  --timeout S       seconds without progress that end a unit (default 180)
  --keep            leave the working directories
  --verbose         show what the suite prints
  --write           keep the figures and write docs/conformance.md`;

/** Both modes need what the suite's own CI allows an external server. */
const EXTERNAL_CONFIG = [
  '--enable-protected-configs',
  'yes',
  '--enable-debug-command',
  'yes',
  '--enable-module-command',
  'yes',
];

interface Settings {
  readonly suite: string;
  readonly ours: readonly string[];
  readonly tclsh: string;
  readonly skip: readonly LeftOut[];
  readonly waiting: readonly LeftOut[];
  readonly jobs: number;
  readonly durable: boolean;
  readonly timeoutSeconds: number;
  readonly keep: boolean;
  readonly verbose: boolean;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      suite: { type: 'string' },
      mode: { type: 'string' },
      unit: { type: 'string', multiple: true },
      ours: { type: 'string' },
      durable: { type: 'boolean', default: false },
      'all-tests': { type: 'boolean', default: false },
      jobs: { type: 'string', default: '1' },
      timeout: { type: 'string', default: '180' },
      keep: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(USAGE, 0);
  const suite = values.suite ?? process.env.REDIS_SUITE;
  if (suite === undefined) return say(`no checkout: give --suite or REDIS_SUITE\n${USAGE}`, 2);
  const modes = MODES.filter((mode) => values.mode === undefined || values.mode === mode);
  if (modes.length === 0) return say(`no mode ${values.mode}\n${USAGE}`, 2);
  const missing = missingIn(suite);
  if (missing !== undefined) return say(`${suite} has no ${missing}: is it a built checkout?`, 3);
  const ours = oursOrThrow(values.ours);
  const tclsh = ['tclsh8.6', 'tclsh8.5', 'tclsh'].find((name) => spawnSync(name, { input: '' }).status === 0);
  if (tclsh === undefined) return say('no tclsh: install Tcl 8.5 or 8.6', 3);

  const baseline = readBaseline();
  const settings: Settings = {
    suite: path.resolve(suite),
    ours,
    tclsh,
    skip: values['all-tests'] ? [] : readNotApplicable(),
    waiting: values['all-tests'] ? [] : readWaiting(),
    jobs: Number(values.jobs),
    durable: values.durable,
    timeoutSeconds: Number(values.timeout),
    keep: values.keep,
    verbose: values.verbose,
  };
  let failed = 0;
  let results = readResults();
  for (const mode of modes) {
    // In the order of the real server's own run: one server keeps the settings that a unit leaves behind.
    const units = Object.keys(baseline[mode]).filter(
      (unit) => baseline[mode][unit] > 0 && (values.unit ?? [unit]).includes(unit),
    );
    const absent = (values.unit ?? []).filter((unit) => !units.includes(unit));
    if (absent.length > 0) console.error(`${mode}: no test to pass in ${absent.join(', ')}`);
    if (units.length === 0) continue;
    console.log(`\n${mode}, ${units.length} units, ${ours.join(' ')}`);
    const found = await runMode(mode, units, settings, baseline[mode]);
    failed += units.reduce((sum, unit) => sum + failedCount(found[unit], baseline[mode][unit]), 0);
    results = { ...results, [mode]: { ...results[mode], ...found } };
    console.log(
      `\n${modeTable(found, baseline[mode])
        .split('\n')
        .filter((row) => !row.includes('| not run |'))
        .join('\n')}`,
    );
  }
  if (values.write) {
    writeResults(results);
    writeFileSync(
      path.join(projectRoot, 'docs/conformance.md'),
      renderPage(results, baseline, readNotApplicable(), readWaiting()),
    );
  }
  return failed === 0 ? 0 : 1;
}

/** Runs the units of one mode, several at a time when each starts servers of its own. */
async function runMode(
  mode: Mode,
  units: readonly string[],
  settings: Settings,
  baseline: Readonly<Record<string, number>>,
): Promise<Record<string, UnitResult>> {
  const found: Record<string, UnitResult> = {};
  const known = readKnownFailures();
  const waiting = [...units];
  const worker = async (firstPort: number): Promise<void> => {
    const workspace = makeWorkspace(settings.suite, settings.ours);
    if (!settings.keep) process.once('exit', () => workspace.remove());
    const server = mode === 'one-server' ? new ExternalServer(settings.ours) : undefined;
    try {
      for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
        const run = await unitRun(unit, workspace, firstPort, settings, server);
        found[unit] = toResult(unit, await runUnit(run), known, settings.waiting);
        console.log(unitRow(unit, found[unit], baseline[unit]));
        for (const { name, reason } of found[unit].failed) console.log(`    failed: ${name} (${reason})`);
        if (found[unit].aborted !== undefined) console.log(`    ended early: ${found[unit].aborted}`);
      }
    } finally {
      await server?.stop();
      if (settings.keep) console.log(`kept ${workspace.dir}`);
      else workspace.remove();
    }
  };
  const jobs = mode === 'one-server' ? 1 : Math.max(1, settings.jobs);
  const basePort = await freeBasePort(jobs);
  await Promise.all(Array.from({ length: jobs }, (_, job) => worker(basePort + job * PORTS_PER_JOB)));
  return found;
}

async function unitRun(
  unit: string,
  workspace: Workspace,
  basePort: number,
  settings: Settings,
  server: ExternalServer | undefined,
): Promise<UnitRun> {
  return {
    unit,
    dir: workspace.dir,
    tclsh: settings.tclsh,
    skipTests: [...settings.skip, ...settings.waiting]
      .filter((entry) => entry.unit === unit)
      .map((entry) => entry.test),
    basePort,
    durable: settings.durable,
    timeoutSeconds: settings.timeoutSeconds,
    ...(server === undefined ? {} : { server: { port: (await server.running()).port } }),
    ...(settings.verbose ? { onOutput: (text: string) => process.stdout.write(text) } : {}),
  };
}

/** The one running server; started anew when a unit has ended it. */
class ExternalServer {
  private server: RunningServer | undefined;

  constructor(private readonly command: readonly string[]) {}

  async running(): Promise<RunningServer> {
    if (this.server !== undefined && !(await isAlive(this.server))) {
      console.log('    the server did not answer and was started anew; the end of its output:');
      console.log(this.server.output().split('\n').slice(-15).join('\n'));
      await this.stop();
    }
    this.server ??= await startServer(this.command, EXTERNAL_CONFIG);
    return this.server;
  }

  async stop(): Promise<void> {
    await this.server?.stop();
    this.server = undefined;
  }
}

async function isAlive(server: RunningServer): Promise<boolean> {
  try {
    const connection = await server.connect();
    const limit = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 5000).unref());
    const reply = await Promise.race([connection.send('PING'), limit]);
    connection.close();
    return reply !== undefined;
  } catch {
    // Whatever the reason, it does not answer: the caller says so and starts another.
    return false;
  }
}

// The suite runs in process groups of its own, which an interrupt at the terminal does not reach: they end at our exit.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
await runTool(main);
