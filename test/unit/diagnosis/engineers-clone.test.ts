/** The clone that the tool was built for: its four faults in one run, and each in turn as they are mended. */
import { afterEach, describe, expect, it } from 'vitest';
import { CLONE_FAULTS, startClone, type Clone, type CloneFault } from '../../support/engineers-clone.js';
import { examinePort, type Examined } from '../../support/examine.js';

const NAMES: Readonly<Record<CloneFault, string>> = {
  keyed: 'replica-keyed-by-address',
  'no-checksum': 'snapshot-without-checksum',
  'zero-offset': 'offset-never-moves',
  'bare-continue': 'bare-continue',
};

let clone: Clone | undefined;
afterEach(async () => {
  await clone?.stop();
  clone = undefined;
});

async function run(faults: Iterable<CloneFault>): Promise<Examined> {
  clone = await startClone(faults);
  return examinePort(clone.port, { follow: { count: 3 } });
}

describe("the engineer's clone", () => {
  it('has all four faults named in one run', async () => {
    const { ids, verdict } = await run(CLONE_FAULTS);
    expect([...ids].sort()).toEqual([
      'bare-continue',
      'offset-never-moves',
      'replica-keyed-by-address',
      'snapshot-without-checksum',
    ]);
    expect(verdict).toBe('failed');
  });

  it('has the first fault explained with both addresses, and confirmed', async () => {
    const { finding, events } = await run(['keyed']);
    const first = events.find((e) => e.kind === 'connect');
    const address = first?.kind === 'connect' ? first.local : '';
    const found = finding('replica-keyed-by-address');
    expect(found?.text).toBe(
      'The master accepted REPLCONF but does not recognise the same connection in PSYNC: it looked for ' +
        `${address} (where our socket comes from), and it had stored 127.0.0.1:6380 (what we announced).`,
    );
    expect(found?.confirmed).toMatch(
      /^a second handshake that announced port (\d+) from source port \1 was accepted\.$/,
    );
    const confirming = clone?.connections.find((c) => c.seen.includes(`REPLCONF listening-port ${c.port}`));
    expect(confirming?.seen).toContain('PSYNC ? -1');
  });

  it('is told each fault in turn as it mends them, and then has none', async () => {
    const left = new Set(CLONE_FAULTS);
    for (const fault of CLONE_FAULTS) {
      const { ids } = await run(left);
      expect(ids).toContain(NAMES[fault]);
      expect([...ids].sort()).toEqual([...left].map((name) => NAMES[name]).sort());
      await clone?.stop();
      left.delete(fault);
    }
    const { ids, verdict } = await run([]);
    expect(ids).toEqual([]);
    expect(verdict).toBe('passed');
  });

  it.each(CLONE_FAULTS)('has %s named when it is the only one', async (fault) => {
    expect((await run([fault])).ids).toEqual([NAMES[fault]]);
  });
});
