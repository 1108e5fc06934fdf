/**
 * `npm run differential -- --seed S --count N --ours "command" --peer path`: random commands against our server and a
 * real one. Exit code 0 when every reply was the same, 1 when not, 2 for bad usage, 3 when a server is not there.
 */
import { parseArgs } from 'node:util';
import { redisVersion, startServer } from '../support/server-process.js';
import { families } from './families/index.js';
import { renderResult } from './report.js';
import { runDifferential } from './runner.js';
import { oursOrThrow, peerOrThrow, runTool, say, seedFrom } from '../support/tool.js';

const USAGE = `usage: npm run differential -- [options]
  --seed N          seed of the run (default: drawn, and printed)
  --count N         commands in all (default 20000)
  --case-length N   commands between two fresh starts (default 400)
  --families a,b    only these: ${families.map((family) => family.name).join(', ')}
  --resp3           every case begins with HELLO 3
  --keep-going N    collect up to N kinds of difference (default 1)
  --ours "command"  the server under test (default: the built redis-ts serve)
  --peer path       the real redis-server (default: $REDIS_SERVER or the one on the PATH)`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      count: { type: 'string', default: '20000' },
      'case-length': { type: 'string', default: '400' },
      families: { type: 'string' },
      resp3: { type: 'boolean', default: false },
      'keep-going': { type: 'string', default: '1' },
      ours: { type: 'string' },
      peer: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(USAGE, 0);
  const names = values.families?.split(',');
  const chosen = families.filter((family) => names === undefined || names.includes(family.name));
  const unknown = names?.find((name) => !families.some((family) => family.name === name));
  if (unknown !== undefined) return say(`no family ${unknown}\n${USAGE}`, 2);
  const ours = oursOrThrow(values.ours);
  const peer = peerOrThrow(values.peer);
  const peerVersion = peer === undefined ? undefined : redisVersion(peer);
  if (peerVersion === undefined) return say('the peer does not tell its version', 3);

  const seed = seedFrom(values.seed);
  console.log(`seed ${seed}, ours: ${ours.join(' ')}, peer: ${peer} ${peerVersion.join('.')}`);
  const servers = await Promise.all([startServer(ours), startServer([peer])]);
  try {
    const result = await runDifferential(
      { ours: servers[0], peer: servers[1], peerVersion },
      {
        seed,
        count: Number(values.count),
        caseLength: Number(values['case-length']),
        families: chosen,
        resp3: values.resp3,
        maxDifferences: Number(values['keep-going']),
      },
    );
    console.log(renderResult(result, seed));
    return result.differences.length + result.missing.length === 0 ? 0 : 1;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

await runTool(main);
