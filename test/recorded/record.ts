/**
 * `npm run record:gallery [-- NAME…]`: brings the redis-servers of this machine (redis-server of the PATH, and those that
 * REAL_REDIS_SERVERS names) into each state of scenarios.ts, makes a handshake, and keeps its trace beside this file, addresses
 * masked. Fails when a trace does not give the expected diagnosis.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { redacting } from '../../src/core/diagnosis/tape/redacting.js';
import { type TraceEvent } from '../../src/core/diagnosis/trace.js';
import { realRedisServers } from '../support/real-redis.js';
import { outsideAddress, OTHERS, SCENARIOS, type Scenario } from './scenarios.js';
import { Stage } from './stage.js';

const TRACES = new URL('./traces/', import.meta.url);

/** Runs a scenario to its end and returns what was found. */
async function perform(scenario: Scenario, bin: string): Promise<NonNullable<Stage['examined']>> {
  const stage = new Stage(bin);
  try {
    await scenario.run(stage);
  } finally {
    await stage.strike();
  }
  if (!stage.examined) throw new Error(`${scenario.name} recorded nothing`);
  return stage.examined;
}

/** The lines of a trace, what was recorded first; nothing of this machine is left in them. */
function lines(scenario: Scenario, version: string, events: readonly TraceEvent[]): string {
  const out: TraceEvent[] = [];
  const { software = 'redis-server', configuration } = scenario;
  out.push({ atUs: 0, conn: 0, step: 'examine', kind: 'recording', software, version, configuration });
  const observer = redacting({ addresses: true }, (event) => void out.push(event));
  for (const event of events) observer(event);
  return out.map((event) => `${JSON.stringify(event)}\n`).join('');
}

function can(scenario: Scenario, bin: string): boolean {
  if (scenario.needs === 'interface') return outsideAddress() !== undefined;
  if (scenario.needs !== 'tls') return true;
  return execFileSync('ldd', [bin], { encoding: 'utf8' }).includes('libssl');
}

async function record(scenario: Scenario, bin: string, version: string): Promise<boolean> {
  const file = `${scenario.name}.${version}.ndjson`;
  const { events, ids } = await perform(scenario, bin);
  const right = ids.join() === scenario.expected.join();
  if (right) writeFileSync(fileURLToPath(new URL(file, TRACES)), lines(scenario, version, events));
  console.log(`${right ? 'ok ' : 'NOT'} ${file}: ${ids.join(', ') || 'passed'}`);
  return right;
}

const names = process.argv.slice(2);
const wanted = (scenario: Scenario): boolean => names.length === 0 || names.includes(scenario.name);
mkdirSync(TRACES, { recursive: true });
let failed = 0;
for (const { bin, version } of realRedisServers()) {
  for (const scenario of SCENARIOS.filter(wanted)) {
    if (can(scenario, bin) && !(await record(scenario, bin, version))) failed++;
  }
}
for (const scenario of OTHERS.filter(wanted)) {
  if (!(await record(scenario, '', `node-${process.versions.node}`))) failed++;
}
if (failed > 0) process.exitCode = 1;
process.exit();
