/** The flags of `inspect`, and how their values are written. */
import { Flags } from '@oclif/core';
import { FINDING_IDS, type FindingId } from '../../core/inspect/findings/catalogue.js';
import { type SampleSize } from '../../core/inspect/verify-sample.js';
import { secondsFlag, parseSeconds } from '../connection-flags.js';
import { UsageError } from '../usage-error.js';

const MODES = 'WHAT TO SHOW';

export const inspectFlags = {
  raw: Flags.boolean({
    helpGroup: MODES,
    description: 'print the untouched INFO replication',
  }),
  watch: secondsFlag({
    helpGroup: MODES,
    helpValue: '[SECONDS]',
    description: 'look again every second (or so many), redrawn in place; one line each when piped',
  }),
  for: Flags.custom<number>({ parse: (input) => Promise.resolve(parseDuration(input, '--for')) })({
    helpGroup: MODES,
    helpValue: '10s',
    description: 'with --watch: end it after that time',
  }),
  tree: Flags.boolean({
    helpGroup: MODES,
    description: 'follow replicas down and masters up, and draw the whole topology',
  }),
  verify: Flags.string({
    helpGroup: MODES,
    helpValue: 'OTHER',
    description: 'compare the data with that of another server: exit 0 equal, 1 different, 3 could not tell',
  }),
  sample: Flags.custom<SampleSize>({ parse: (input) => Promise.resolve(parseSample(input)) })({
    helpGroup: MODES,
    helpValue: 'N|P%',
    description: 'with --verify: compare N keys, or P percent of them, chosen at random',
  }),
  prometheus: Flags.boolean({
    helpGroup: MODES,
    description: 'print metrics for Prometheus, named as redis_exporter names them',
  }),
  report: Flags.string({
    helpGroup: MODES,
    helpValue: 'FILE.html',
    description: 'write a page with topology, lag over time and findings',
  }),
  sentinel: Flags.string({
    helpValue: 'NAME',
    description: 'TARGET is a Sentinel: ask it for the master of that name, and inspect that',
  }),
  'share-login': Flags.boolean({
    description:
      'send user and password also to the other servers that are asked: the masters and replicas that TARGET names',
  }),
  'sample-for': Flags.custom<number>({
    parse: (input) => Promise.resolve(input === '0' ? 0 : parseSeconds(input, '--sample-for')),
  })({
    helpValue: 'SECONDS',
    description:
      'measure rates for so long, between two looks [default: 1; with --json and --prometheus 0: one look, no rates]',
  }),
  'max-lag-bytes': Flags.custom<number>({
    parse: (input) => Promise.resolve(parseBytes(input, '--max-lag-bytes')),
  })({
    helpValue: 'N',
    description: 'critical when a replica is further behind than that (bytes, or 10kb, 10mb)',
  }),
  'max-ack-age': secondsFlag({
    helpValue: 'SECONDS',
    description: 'critical when a replica has sent no ACK for longer than that',
  }),
  'expect-replicas': Flags.custom<number>({
    parse: (input) => Promise.resolve(parseCount(input, '--expect-replicas')),
  })({ helpValue: 'N', description: 'TARGET should have N replicas: critical when it has fewer' }),
  accept: Flags.custom<FindingId[]>({ parse: (input) => Promise.resolve(parseFindings(input)) })({
    helpValue: 'ID[,ID]',
    description:
      'you know of these findings and want it so: they are listed as accepted and do not count for the exit code',
  }),
  explain: Flags.string({ helpValue: 'ID', description: 'explain a finding and exit' }),
};

type Flag = keyof typeof inspectFlags | 'json';

/** Each shows something else. */
const MODE_FLAGS: readonly Flag[] = ['watch', 'tree', 'verify', 'prometheus', 'raw'];

/** What does not go with what, beside the modes with each other. */
const APART: readonly (readonly [flag: Flag, others: readonly Flag[], why: string])[] = [
  ['json', ['raw', 'prometheus'], 'choose one format'],
  ['expect-replicas', ['raw', 'verify'], 'nothing is judged there'],
  ['report', ['tree', 'verify', 'prometheus', 'raw'], 'the page is about what was watched'],
  ['sample-for', ['watch', 'report'], 'there the rate is that of the interval'],
  ['sample-for', ['tree', 'verify', 'raw'], 'nothing is sampled there'],
];

const NEEDS: readonly (readonly [flag: Flag, needed: Flag])[] = [
  ['for', 'watch'],
  ['sample', 'verify'],
];

/** Refuses flags that contradict each other. Throws UsageError. */
export function checkFlags(flags: Readonly<Partial<Record<Flag, unknown>>>): void {
  const given = (flag: Flag) => flags[flag] !== undefined && flags[flag] !== false;
  const modes = MODE_FLAGS.filter(given);
  if (modes.length > 1) {
    throw new UsageError(`${listed(modes)} do not go together: each shows something else, choose one`);
  }
  for (const [flag, others, why] of APART) {
    const other = given(flag) ? others.find(given) : undefined;
    if (other !== undefined) throw new UsageError(`--${flag} and --${other} do not go together: ${why}`);
  }
  for (const [flag, needed] of NEEDS) {
    if (given(flag) && !given(needed)) throw new UsageError(`--${flag} is for --${needed}: give that, too`);
  }
}

function listed(flags: readonly Flag[]): string {
  const names = flags.map((flag) => `--${flag}`);
  return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}

/** `--watch` takes a number or nothing; a flag of oclif always takes a value. A word that is no number is the target. */
export function withWatchInterval(argv: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--') return [...out, ...argv.slice(i)];
    if (argv[i] !== '--watch') out.push(argv[i]);
    else if (/^\d+(\.\d+)?$/.test(argv[i + 1] ?? '')) out.push(`--watch=${argv[++i]}`);
    else out.push('--watch=1');
  }
  return out;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1e6,
  mb: 1024 ** 2,
  g: 1e9,
  gb: 1024 ** 3,
};

/** A size as in redis.conf: `1048576`, `10mb`, `1g`. Throws UsageError. */
function parseBytes(input: string, flag: string): number {
  const [, digits, unit] = /^(\d{1,12})([a-z]{0,2})$/i.exec(input) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit.toLowerCase()];
  if (factor === undefined)
    throw new UsageError(`${flag}: bad size "${input}": 1048576 or 10mb, for example`);
  return Number(digits) * factor;
}

/** A whole number from 0 on. Throws UsageError. */
function parseCount(input: string, flag: string): number {
  if (!/^\d{1,6}$/.test(input))
    throw new UsageError(`${flag}: bad number "${input}": 0 or more, for example 2`);
  return Number(input);
}

/** `1000` keys, or `5%` of them. Throws UsageError. */
function parseSample(input: string): SampleSize {
  const [, digits, percent] = /^(\d{1,9}(?:\.\d+)?)(%?)$/.exec(input) ?? [];
  const n = Number(digits ?? 0);
  const fits = percent === '%' ? n <= 100 : Number.isInteger(n);
  if (!(n > 0) || !fits) {
    throw new UsageError(`--sample: bad size "${input}": 1000 keys, or 5% of them, for example`);
  }
  return percent === '%' ? { share: n / 100 } : { keys: n };
}

const DURATIONS: Readonly<Record<string, number>> = { '': 1000, s: 1000, ms: 1, m: 60_000, h: 3_600_000 };

/** `10`, `10s`, `500ms`, `5m`, `1h` in milliseconds. Throws UsageError. */
function parseDuration(input: string, flag: string): number {
  const [, digits, unit] = /^(\d{1,9}(?:\.\d+)?)(ms|s|m|h|)$/.exec(input) ?? [];
  const ms = digits === undefined ? 0 : Number(digits) * DURATIONS[unit];
  if (!(ms > 0)) throw new UsageError(`${flag}: bad duration "${input}": 10s or 5m, for example`);
  return ms;
}

/** Ids of findings, parted by commas. Throws UsageError. */
function parseFindings(input: string): FindingId[] {
  return input.split(',').map((word) => {
    const id = FINDING_IDS.find((each) => each === word.trim());
    if (id === undefined) throw new UsageError(`--accept: there is no finding ${word}: see docs/findings.md`);
    return id;
  });
}
