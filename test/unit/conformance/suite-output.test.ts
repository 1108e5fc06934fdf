import { describe, expect, it } from 'vitest';
import {
  failedCount,
  failureReason,
  readBaseline,
  readKnownFailures,
  readNotApplicable,
  readWaiting,
  toResult,
  unitRow,
} from '../../conformance/report.js';
import { parseUnitOutput } from '../../conformance/suite-output.js';

const FINISHED = `Starting test server at port 21079
[ready]: 20042
Testing unit/type/string
[ok]: SET and GET an item (0 ms)
[ok]: GETEX EX option (12 ms)
[err]: LCS basic in tests/unit/type/string.tcl
Expected 'a' to be equal to 'b' (context: type eval line 3)
[skip]: LCS len
[ignore]: Tag: slow denied
[1/1 \x1b[33mdone\x1b[0m]: unit/type/string (5 seconds)

                   The End
!!! WARNING The following tests failed:

*** [err]: LCS basic in tests/unit/type/string.tcl
Expected 'a' to be equal to 'b' (context: type eval line 3)
`;

const ABORTED = `Testing unit/keyspace
[ok]: DEL against a single item (1 ms)
[exception]: Executing test client: ERR unknown command 'vararg', with args beginning with: .
ERR unknown command 'vararg', with args beginning with:
    while executing
`;

describe('reading the official suite', () => {
  it('counts what passed, failed and was skipped', () => {
    expect(parseUnitOutput(FINISHED)).toEqual({
      passed: ['SET and GET an item', 'GETEX EX option'],
      failed: [{ name: 'LCS basic', message: "Expected 'a' to be equal to 'b' (context: type eval line 3)" }],
      skipped: ['LCS len'],
      aborted: undefined,
    });
  });

  it('says why a unit ended early', () => {
    const output = parseUnitOutput(ABORTED);
    expect(output.passed).toEqual(['DEL against a single item']);
    expect(output.aborted).toContain("ERR unknown command 'vararg'");
    expect(parseUnitOutput("[exception]: Received '-ERR no\r' as count.\n").aborted).toContain('-ERR no');
    expect(parseUnitOutput('[ok]: a (1 ms)\n').aborted).toBeDefined();
  });

  it('counts what an abort left unrun as failed', () => {
    const result = { passed: 1, failed: [], notApplicable: [], aborted: 'exception' };
    expect(failedCount(result, 56)).toBe(55);
    expect(unitRow('unit/keyspace', result, 56)).toBe(
      '| unit/keyspace | 1 | 55 (55 not run) | 0 | 0 | 56 | 1.8 % | 1.8 % |',
    );
    expect(unitRow('unit/scan', undefined, 21)).toBe('| unit/scan | not run | | | | 21 | | |');
  });

  it('tells what waits from what cannot apply, and gives both shares', () => {
    const output = { passed: ['a', 'b', 'c'], failed: [], skipped: ['later', 'never'], aborted: undefined };
    const result = toResult(
      'unit/sort',
      output,
      [],
      [{ unit: 'unit/sort', test: 'later', reason: 'needs EVAL' }],
    );
    expect(result).toMatchObject({ notApplicable: ['never'], waiting: ['later'] });
    expect(failedCount(result, 5)).toBe(0);
    expect(unitRow('unit/sort', result, 5)).toBe('| unit/sort | 3 | 0 | 1 | 1 | 5 | 60.0 % | 100.0 % |');
  });
});

describe.each([
  ['that cannot apply', readNotApplicable()],
  ['that wait', readWaiting()],
])('the list of tests %s', (_which, list) => {
  it('is of units that count, names each test once, and gives a reason each', () => {
    const { spawning } = readBaseline();
    expect(list.filter(({ unit, reason }) => !(spawning[unit] > 0) || reason.length < 10)).toEqual([]);
    expect(new Set(list.map(({ unit, test }) => `${unit} ${test}`)).size).toBe(list.length);
  });

  it('holds no name that the suite’s own exec would take for a redirection', () => {
    expect(list.filter(({ test }) => /^[<>|&2]/.test(test))).toEqual([]);
  });
});

describe('the baseline', () => {
  it('is what a real 7.2.6 passes', () => {
    const baseline = readBaseline();
    const sum = (units: Readonly<Record<string, number>>): number =>
      Object.values(units).reduce((total, count) => total + count, 0);
    expect([sum(baseline['one-server']), sum(baseline.spawning)]).toEqual([2107, 2985]);
  });
});

describe('why a test failed', () => {
  const known = [{ unit: 'unit/multi', tests: ['MULTI with SAVE'], reason: 'follows from another' }];
  const reason = (name: string, message: string) => failureReason('unit/multi', { name, message }, known);

  it('is on the list, or in the message', () => {
    expect(reason('MULTI with SAVE', 'ERR MULTI calls can not be nested')).toBe('follows from another');
    expect(reason('DISCARD', "n command 'x'\nERR unknown command 'rpush', with args")).toBe('needs RPUSH');
    expect(
      reason('x', "ERR unknown subcommand or wrong number of arguments for 'loadaof'. Try DEBUG HELP."),
    ).toBe('needs DEBUG LOADAOF');
    expect(reason('y', "Expected 'a' to be equal to 'b'\nmore")).toBe("Expected 'a' to be equal to 'b'");
  });

  it('is listed for units that there are', () => {
    const { spawning } = readBaseline();
    for (const { unit } of readKnownFailures()) expect(spawning[unit], unit).toBeGreaterThan(0);
  });
});

describe('the list of tests that cannot apply', () => {
  it('is short', () => expect(readNotApplicable().length).toBeLessThanOrEqual(40));
});
