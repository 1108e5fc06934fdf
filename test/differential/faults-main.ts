/**
 * `npm run differential:faults`: plants each fault of faults.ts into a server of this process and lets the differential run look for
 * it, with the families that draw its command. Exit code 1 when one is not found.
 */
import { parseArgs } from 'node:util';
import { startLiveServer } from '../support/live-server.js';
import { redisVersion, startServer } from '../support/server-process.js';
import { families } from './families/index.js';
import { FAULTS, plant, type Fault } from './faults.js';
import { type Pair } from './lockstep.js';
import { runDifferential } from './runner.js';
import { peerOrThrow, runTool, say, seedFrom } from '../support/tool.js';

const USAGE = `usage: npm run differential:faults -- [options]
  --seed N          seed of the runs (default: drawn, and printed)
  --count N         commands at most per fault (default 40000)
  --only word       faults whose command contains it
  --peer path       the real redis-server (default: $REDIS_SERVER or the one on the PATH)`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      count: { type: 'string', default: '40000' },
      only: { type: 'string', default: '' },
      peer: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(USAGE, 0);
  const bin = peerOrThrow(values.peer);
  const peerVersion = bin === undefined ? undefined : redisVersion(bin);
  if (peerVersion === undefined) return say('the peer does not tell its version', 3);
  const seed = seedFrom(values.seed);
  const faults = FAULTS.filter(({ command }) => command.includes(values.only));
  console.log(`seed ${seed}, peer: ${bin} ${peerVersion.join('.')}, ${faults.length} faults\n`);
  console.log('| command | fault | found |\n| --- | --- | --- |');
  const peer = await startServer([bin]);
  let missed = 0;
  try {
    for (const fault of faults) {
      const found = await lookFor(fault, { peer, peerVersion }, seed, Number(values.count));
      if (found === undefined) missed++;
      const { command, what } = fault;
      console.log(`| ${command.replace('|', ' ')} | ${what} | ${found ?? '**no**'} |`);
    }
  } finally {
    await peer.stop();
  }
  console.log(`\n${faults.length - missed} of ${faults.length} found`);
  return missed === 0 ? 0 : 1;
}

/** @returns how it was found; undefined: it was not */
async function lookFor(
  fault: Fault,
  { peer, peerVersion }: Omit<Pair, 'ours'>,
  seed: number,
  count: number,
): Promise<string | undefined> {
  const ours = await startLiveServer();
  try {
    plant(ours.server.engine.commands, fault);
    const name = fault.command.split('|')[0].toUpperCase();
    const { commands, differences } = await runDifferential(
      { ours, peer, peerVersion },
      {
        seed,
        count,
        caseLength: 400,
        families: families.filter(({ rows }) => rows.some(({ command }) => command === name)),
        resp3: false,
        maxDifferences: 1,
      },
    );
    if (differences.length === 0) return undefined;
    return `after ${commands} commands, ${differences[0].shortest?.requests.length ?? '?'} of which show it`;
  } finally {
    await ours.stop();
  }
}

await runTool(main);
