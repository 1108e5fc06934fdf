/** The file of `replica --once`: what it takes to get its name, and what it may replace. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Backup, type BackupFacts, type BackupRules } from '../../../src/cli/server/backup.js';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'redis-ts-backup-'));
  file = join(dir, 'good.rdb');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const END = [0xff, 0, 0, 0, 0, 0, 0, 0, 0];
const EMPTY_RDB = Buffer.from([...Buffer.from('REDIS0011'), ...END]);
/** Database 0, a string k with the value v. */
const ONE_KEY = Buffer.from([...Buffer.from('REDIS0011'), 0xfe, 0, 0, 1, 0x6b, 1, 0x76, ...END]);

type Outcome = { done: BackupFacts } | { failed: string } | { kept: string };

function backup(rules: Partial<BackupRules> = {}): { made: Backup; outcomes: Outcome[] } {
  const outcomes: Outcome[] = [];
  const made = new Backup(
    file,
    { force: false, named: true, ...rules },
    {
      done: (facts) => outcomes.push({ done: facts }),
      failed: (reason) => outcomes.push({ failed: reason }),
      kept: (reason) => outcomes.push({ kept: reason }),
    },
  );
  return { made, outcomes };
}

/** A whole sync; what lies under the name right before its end. */
function take(made: Backup, rdb: Buffer, keys: number): Buffer | undefined {
  made.see({ kind: 'connecting', host: '10.0.0.5', port: 6379 });
  made.see({ kind: 'full-sync', reason: 'none', replid: 'x', offset: 7 });
  made.begin();
  made.write(rdb.subarray(0, 5));
  made.write(rdb.subarray(5));
  const before = existsSync(file) ? readFileSync(file) : undefined;
  made.see({ kind: 'snapshot-done', bytes: rdb.length, us: 1, rdbVersion: 11, keys, checksum: 'ok' });
  return before;
}

it('gets its name when it is whole, and leaves nothing else behind', () => {
  const { made, outcomes } = backup();
  expect(made.obstacle()).toBeUndefined();
  expect(readdirSync(dir)).toEqual([]);
  expect(take(made, ONE_KEY, 1)).toBeUndefined();
  expect(outcomes).toEqual([
    { done: { path: file, bytes: ONE_KEY.length, rdbVersion: 11, keys: 1, checksum: 'ok', offset: 7 } },
  ]);
  expect(readFileSync(file)).toEqual(ONE_KEY);
  expect(readdirSync(dir)).toEqual(['good.rdb']);
});

it('replaces a file only at the end, and says which', () => {
  writeFileSync(file, EMPTY_RDB);
  const { made, outcomes } = backup();
  expect(made.obstacle()).toBeUndefined();
  expect(take(made, ONE_KEY, 1)).toEqual(EMPTY_RDB);
  expect(outcomes).toMatchObject([
    { done: { replaced: { bytes: EMPTY_RDB.length, modified: expect.any(Date) as Date } } },
  ]);
  expect(readFileSync(file)).toEqual(ONE_KEY);
});

it('a backup without keys does not replace one that has some', () => {
  writeFileSync(file, ONE_KEY);
  const { made, outcomes } = backup();
  expect(made.obstacle()).toBeUndefined();
  take(made, EMPTY_RDB, 0);
  const [{ kept }] = outcomes as [{ kept: string }];
  expect(kept).toMatch(
    new RegExp(
      `^the master has 0 keys, and ${file} \\(25 B of \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d\\) has some: it was left as it is\\. --force replaces it$`,
    ),
  );
  expect(readFileSync(file)).toEqual(ONE_KEY);
  expect(readdirSync(dir)).toEqual(['good.rdb']);
});

it('nor one that may have some: it is damaged', () => {
  writeFileSync(file, ONE_KEY.subarray(0, 10));
  const { made, outcomes } = backup();
  take(made, EMPTY_RDB, 0);
  expect(outcomes).toEqual([{ kept: expect.stringContaining('left as it is') as string }]);
});

it.each([
  ['no file', undefined],
  ['an empty file', Buffer.alloc(0)],
  ['one without keys', EMPTY_RDB],
])('a backup without keys takes the place of %s', (_, before) => {
  if (before) writeFileSync(file, before);
  const { made, outcomes } = backup();
  expect(made.obstacle()).toBeUndefined();
  take(made, EMPTY_RDB, 0);
  expect(outcomes).toMatchObject([{ done: { keys: 0 } }]);
  expect(readFileSync(file)).toEqual(EMPTY_RDB);
});

it('replaces anything when forced', () => {
  writeFileSync(file, ONE_KEY);
  const { made, outcomes } = backup({ force: true, named: false });
  expect(made.obstacle()).toBeUndefined();
  take(made, EMPTY_RDB, 0);
  expect(outcomes).toMatchObject([{ done: { keys: 0, replaced: { bytes: ONE_KEY.length } } }]);
  expect(readFileSync(file)).toEqual(EMPTY_RDB);
});

it('does not touch a file that nobody named, and says so before a master is asked', () => {
  writeFileSync(file, EMPTY_RDB);
  const { made } = backup({ named: false });
  expect(made.obstacle()).toEqual({
    kept: expect.stringMatching(
      /^.*good\.rdb is there already \(18 B of .*\), perhaps a server's: say where to write with --rdb FILE, or --force to replace it$/,
    ) as string,
  });
  expect(readFileSync(file)).toEqual(EMPTY_RDB);
});

it('does not replace what is no RDB file', () => {
  writeFileSync(file, 'REDIARY of mine');
  const { made } = backup();
  expect(made.obstacle()).toEqual({
    kept: expect.stringMatching(
      /good\.rdb \(15 B of .*\) is no RDB file: it was left as it is\. --force replaces it$/,
    ) as string,
  });
});

it('never replaces what is no file at all', () => {
  mkdirSync(file);
  expect(backup({ force: true }).made.obstacle()).toEqual({
    failed: `${file} cannot be written: not a regular file`,
  });
});

it('writes where a symbolic link leads', () => {
  const target = join(dir, 'target.rdb');
  writeFileSync(target, ONE_KEY);
  symlinkSync(target, file);
  const { made } = backup();
  take(made, ONE_KEY, 1);
  expect(readdirSync(dir).sort()).toEqual(['good.rdb', 'target.rdb']);
  writeFileSync(target, EMPTY_RDB);
  expect(readFileSync(file)).toEqual(EMPTY_RDB);
});

it('a sync that breaks leaves what was there, and says why once', () => {
  writeFileSync(file, ONE_KEY);
  const { made, outcomes } = backup();
  made.begin();
  made.write(ONE_KEY.subarray(0, 5));
  made.see({ kind: 'lost', reason: 'the master closed the connection' });
  made.see({ kind: 'retry', reason: 'something else' });
  expect(outcomes).toEqual([{ failed: 'the master closed the connection' }]);
  expect(readFileSync(file)).toEqual(ONE_KEY);
  expect(readdirSync(dir)).toEqual(['good.rdb']);
});

it('two runs with one name do not write into one file', () => {
  const first = backup();
  first.made.begin();
  first.made.write(ONE_KEY.subarray(0, 5));
  const [part] = readdirSync(dir);
  expect(part).toBe(`good.rdb.${process.pid}.part`);
  first.made.stop();
  expect(readdirSync(dir)).toEqual([]);
});

it.each([
  [
    'Error condition on socket for SYNC: Connection refused',
    'cannot connect to 10.0.0.5:6379 (connection refused)',
  ],
  ['Timeout connecting to the MASTER...', 'cannot connect to 10.0.0.5:6379 (timed out)'],
  [
    "Error reply to PING from master: '-NOAUTH Authentication required.'",
    "10.0.0.5:6379 wants a password: give it with --masterauth, or in the environment as REDISCLI_AUTH (Error reply to PING from master: '-NOAUTH Authentication required.')",
  ],
  [
    'Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled.',
    '10.0.0.5:6379 refused the password: give the right one with --masterauth (and --masteruser for an ACL user), or in the environment as REDISCLI_AUTH (Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is disabled.)',
  ],
])('%s: in words that say what to do', (reason, told) => {
  const { made, outcomes } = backup();
  made.see({ kind: 'connecting', host: '10.0.0.5', port: 6379 });
  made.see({ kind: 'retry', reason });
  expect(outcomes).toEqual([{ failed: told }]);
});
