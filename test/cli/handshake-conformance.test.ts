/** `handshake --conformance` as its users run it: the table, the diagnosis under it, NDJSON, exit codes. */
import { afterEach, describe, expect, it } from 'vitest';
import { startClone, type Clone } from '../support/engineers-clone.js';
import { startFakeMaster, type FakeMaster } from '../support/fake-master.js';
import { runCli } from '../support/run-cli.js';

let master: FakeMaster | Clone | undefined;
afterEach(async () => {
  await master?.stop();
  master = undefined;
});

const QUICK = ['--conformance', '--timeout', '1'];
const PATIENT = { deadlineMs: 60_000 };

interface Event {
  readonly kind: string;
  readonly name?: string;
  readonly verdict?: string;
}

describe('redis-ts handshake --conformance', () => {
  it('says the cost, prints a line per variant, diagnoses a fault once, and exits 1', async () => {
    master = await startClone(['keyed']);
    const { code, stdout } = await runCli(['handshake', `:${master.port}`, ...QUICK], PATIENT);
    expect(code).toBe(1);
    const [target, cost] = stdout.split('\n');
    expect(target).toBe(`→ 127.0.0.1:${master.port}`);
    expect(cost).toMatch(/^ℹ 29 variants ask this master for 8 full syncs/);
    expect(stdout).toMatch(/^✖ failed {2}\* one-by-one +\d+\.\d ms {2}each message waits for its answer/m);
    expect(stdout).toMatch(/^ {11}Redis: \+PONG, \+OK, \+OK, \+FULLRESYNC/m);
    expect(stdout.match(/^ +✖ replica-keyed-by-address$/gm)).toHaveLength(1);
    expect(stdout).toMatch(/^ +replica-keyed-by-address, as above$/m);
    expect(stdout).toContain('--explain replica-keyed-by-address');
    expect(stdout).toMatch(
      /\n✖ 0 passed, 29 failed, 0 skipped\n {2}needed by present-day replicas \(\*\): 0 of 14; others: 0 of 15\n$/,
    );
  }, 60_000);

  it('prints one object per variant under --json', async () => {
    const refusal = '-NOAUTH Authentication required.\r\n';
    master = await startFakeMaster({ on: { '*': refusal, ping: refusal } });
    const { code, stdout } = await runCli(['handshake', `:${master.port}`, ...QUICK, '--json'], PATIENT);
    expect(code).toBe(1);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    expect(events[0]).toMatchObject({ kind: 'cost', variants: 29, fullSyncs: 8 });
    expect(events[1]).toMatchObject({
      ...{ kind: 'variant', name: 'one-by-one', presentDay: true, verdict: 'failed' },
      findings: [{ finding: { id: 'noauth' }, severity: 'fault' }],
    });
    const skipped = events.filter(({ kind, verdict }) => kind === 'variant' && verdict === 'skipped');
    expect(skipped).toHaveLength(28);
    expect(events.at(-1)).toEqual({
      ...{ kind: 'end', verdict: 'failed', passed: 0, failed: 1, skipped: 28 },
      presentDay: { passed: 0, failed: 1, skipped: 13 },
    });
  });

  it('exits 3 when nobody listens, and 2 beside what it cannot be combined with', async () => {
    master = await startFakeMaster();
    await master.stop();
    const { code, stdout } = await runCli(['handshake', `:${master.port}`, ...QUICK], PATIENT);
    expect(code).toBe(3);
    expect(stdout).toContain('✖ connection-refused');
    expect(stdout).toMatch(/✖ the server could not be reached\n$/);
    for (const flag of ['--follow', '--no-psync', '--probe', '--step']) {
      expect((await runCli(['handshake', '--conformance', flag])).code, flag).toBe(2);
    }
  });
});
