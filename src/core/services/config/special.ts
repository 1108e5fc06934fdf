/**
 * Directives with a form of their own: save, bind, dir, replicaof, client-output-buffer-limit and the like.
 *
 * Each follows its setConfig*Option, getConfig*Option and rewriteConfig*Option in redis 7.2.6 config.c. Arguments are
 * checked in full before anything is kept.
 */
import { type Bytes, EMPTY, ascii, isWord } from '../../base/bytes.js';
import { parseDouble } from '../../base/numbers.js';
import { formatKeyspaceEvents, parseKeyspaceEvents } from '../keyspace-events.js';
import { type Directive, Refusal, directive } from './directive.js';
import { textLine } from './kinds.js';
import { formatMemory, parseLenientInt, parseMemory } from './units.js';

/** Most addresses that `bind` takes (redis 7.2.6 server.h:CONFIG_BINDADDR_MAX). */
const MAX_BIND_ADDRESSES = 16;

const WRONG_COUNT = 'wrong number of arguments';

const list = (args: readonly Bytes[]): readonly Bytes[] =>
  args.length === 1 && args[0] === EMPTY ? [] : args;
const joined = (parts: readonly string[]): string => parts.join(' ');
const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i]);
/** A setting that counts as changed whenever it is set, as most special ones do in Redis. */
const never = (): boolean => false;

/** A rule of `save`: snapshot after `seconds` when at least `changes` were made. */
export interface SaveRule {
  readonly seconds: number;
  readonly changes: number;
}

/** `save <seconds> <changes> ...`; the first one of a file replaces the default rules, later ones add to it. */
export function saveRules(initial: readonly SaveRule[]): Directive<readonly SaveRule[]> {
  const bad = () => new Refusal('Invalid save parameters');
  return directive<readonly SaveRule[], readonly SaveRule[]>(
    {
      initial,
      parse(args, current, source, again) {
        const given = list(args);
        if (given.length % 2 !== 0) throw bad();
        const numbers = given.map((arg, i) => {
          const parsed = parseLenientInt(arg, 10);
          if (!parsed || parsed.value < (i % 2 === 0 ? 1n : 0n)) throw bad();
          return Number(i % 2 === 0 ? parsed.value : BigInt.asIntN(32, parsed.value));
        });
        const rules: SaveRule[] = [];
        for (let i = 0; i < numbers.length; i += 2) {
          rules.push({ seconds: numbers[i], changes: numbers[i + 1] });
        }
        const emptied = args.length === 1 && given.length === 0;
        return source === 'file' && again && !emptied ? [...current, ...rules] : rules;
      },
      same: never,
      text: (rules) => ascii(joined(rules.map(({ seconds, changes }) => `${seconds} ${changes}`))),
      view: (rules) => rules,
      lines: (name, rules) =>
        rules.length === 0
          ? [{ line: ascii(`${name} ""`), force: true }]
          : rules.map(({ seconds, changes }) => ({
              line: ascii(`${name} ${seconds} ${changes}`),
              force: true,
            })),
    },
    { flags: ['multi'] },
  );
}

/** `bind <address> ...`; none at all: no TCP listener. */
export function bindAddresses(initial: readonly string[]): Directive<readonly Bytes[]> {
  const defaults = initial.map(ascii);
  return directive<readonly Bytes[], readonly Bytes[]>(
    {
      initial: defaults,
      parse(args) {
        if (args.length > MAX_BIND_ADDRESSES) throw new Refusal('Too many bind addresses specified.');
        return [...list(args)];
      },
      same: never,
      text: (addresses) => ascii(joined(addresses)),
      view: (addresses) => addresses,
      lines(name, addresses) {
        if (sameList(addresses, defaults)) return [];
        return [{ line: ascii(`${name} ${addresses.length > 0 ? joined(addresses) : '""'}`), force: true }];
      },
    },
    { flags: ['multi'] },
  );
}

/** `dir <path>`: the working folder. Whether it can be entered is for a listener to say. */
export function directory(): Directive<Bytes> {
  return directive<Bytes, Bytes>(
    {
      initial: EMPTY,
      parse(args) {
        if (args.length !== 1) throw new Refusal(WRONG_COUNT);
        return args[0];
      },
      same: never,
      text: (path) => path,
      view: (path) => path,
      lines: (name, path) => (path === EMPTY ? [] : [{ line: textLine(name, path), force: true }]),
    },
    { flags: ['protected', 'denyLoading'] },
  );
}

/** The master that a replica follows. */
export interface MasterAddress {
  readonly host: Bytes;
  readonly port: number;
}

/** `replicaof <host> <port>`, `replicaof no one`. */
export function masterAddress(): Directive<MasterAddress | undefined> {
  const show = (master: MasterAddress): string => `${master.host} ${master.port}`;
  return directive<MasterAddress | undefined, MasterAddress | undefined>(
    {
      initial: undefined,
      parse(args) {
        if (args.length !== 2) throw new Refusal(WRONG_COUNT);
        const [host, portText] = args;
        if (isWord(host, 'no') && isWord(portText, 'one')) return undefined;
        const port = parseLenientInt(portText, 10)?.value;
        if (port === undefined || port < 0n || port > 65535n) throw new Refusal('Invalid master port');
        return { host, port: Number(port) };
      },
      same: never,
      text: (master) => (master ? ascii(show(master)) : EMPTY),
      view: (master) => master,
      lines: (name, master) => (master ? [{ line: ascii(`${name} ${show(master)}`), force: true }] : []),
    },
    { flags: ['immutable', 'multi'], alias: 'slaveof' },
  );
}

/** Classes of clients whose output is limited. */
export const OUTPUT_CLASSES = ['normal', 'replica', 'pubsub'] as const;
export type OutputClass = (typeof OUTPUT_CLASSES)[number];

/** 0: no limit. A soft limit closes the client once it lasts for `softSeconds`. */
export interface OutputLimit {
  readonly hardBytes: number;
  readonly softBytes: number;
  readonly softSeconds: number;
}
export type OutputLimits = Readonly<Record<OutputClass, OutputLimit>>;

interface ExactLimit {
  hard: bigint;
  soft: bigint;
  seconds: number;
}
type ExactLimits = Record<OutputClass, ExactLimit>;

const CLASS_NAMES: Readonly<Record<string, OutputClass>> = {
  normal: 'normal',
  slave: 'replica',
  replica: 'replica',
  pubsub: 'pubsub',
};

/** `client-output-buffer-limit <class> <hard> <soft> <soft seconds> ...`; classes not named keep their limits. */
export function outputLimits(initial: OutputLimits): Directive<OutputLimits> {
  const defaults = eachClass((name) => ({
    hard: BigInt(initial[name].hardBytes),
    soft: BigInt(initial[name].softBytes),
    seconds: initial[name].softSeconds,
  }));
  return directive<ExactLimits, OutputLimits>(
    {
      initial: defaults,
      parse: (args, current) => ({ ...current, ...readLimits(args) }),
      same: never,
      // CONFIG GET keeps the old name of the class, the file has the new one.
      text: (limits) =>
        ascii(
          joined(
            OUTPUT_CLASSES.map((name) => {
              const { hard, soft, seconds } = limits[name];
              return `${name === 'replica' ? 'slave' : name} ${hard} ${soft} ${seconds}`;
            }),
          ),
        ),
      view: (limits) =>
        eachClass((name) => ({
          hardBytes: Number(limits[name].hard),
          softBytes: Number(limits[name].soft),
          softSeconds: limits[name].seconds,
        })),
      lines: (directiveName, limits) =>
        OUTPUT_CLASSES.map((name) => {
          const { hard, soft, seconds } = limits[name];
          const base = defaults[name];
          return {
            line: ascii(
              joined([directiveName, name, formatMemory(hard), formatMemory(soft), String(seconds)]),
            ),
            force: hard !== base.hard || soft !== base.soft || seconds !== base.seconds,
          };
        }),
    },
    { flags: ['multi'] },
  );
}

function eachClass<V>(make: (name: OutputClass) => V): Record<OutputClass, V> {
  return { normal: make('normal'), replica: make('replica'), pubsub: make('pubsub') };
}

function readLimits(args: readonly Bytes[]): Partial<ExactLimits> {
  if (args.length % 4 !== 0) {
    throw new Refusal('Wrong number of arguments in buffer limit configuration.');
  }
  const limits: Partial<ExactLimits> = {};
  for (let i = 0; i < args.length; i += 4) {
    const known = Object.keys(CLASS_NAMES).find((name) => isWord(args[i], name));
    if (!known) throw new Refusal('Invalid client class specified in buffer limit configuration.');
    const hard = parseMemory(args[i + 1]);
    const soft = parseMemory(args[i + 2]);
    const parsed = parseLenientInt(args[i + 3], 10);
    const seconds = parsed ? Number(BigInt.asIntN(32, parsed.value)) : -1;
    if (hard === undefined || soft === undefined || seconds < 0) {
      throw new Refusal('Error in hard, soft or soft_seconds setting in buffer limit configuration.');
    }
    limits[CLASS_NAMES[known]] = { hard, soft, seconds };
  }
  return limits;
}

/** `oom-score-adj-values <master> <replica> <child>`. */
export function oomScores(initial: readonly number[]): Directive<readonly number[]> {
  return directive<readonly number[], readonly number[]>(
    {
      initial,
      parse(args) {
        if (args.length !== initial.length) throw new Refusal(WRONG_COUNT);
        return args.map((arg) => {
          const value = parseLenientInt(arg, 10)?.value;
          if (value === undefined || value < -2000n || value > 2000n) {
            throw new Refusal('Invalid oom-score-adj-values, elements must be between -2000 and 2000.');
          }
          return Number(value);
        });
      },
      same: sameList,
      text: (values) => ascii(joined(values.map(String))),
      view: (values) => values,
      lines: (name, values) => [
        { line: ascii(joined([name, ...values.map(String)])), force: !sameList(values, initial) },
      ],
    },
    { flags: ['multi'] },
  );
}

/** `notify-keyspace-events <letters>`; the value is a sum of NotifyClass bits. */
export function keyspaceEvents(): Directive<number> {
  return directive<number, number>(
    {
      initial: 0,
      parse(args) {
        if (args.length !== 1) throw new Refusal(WRONG_COUNT);
        const bits = parseKeyspaceEvents(args[0]);
        if (bits === undefined) {
          throw new Refusal("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
        }
        return bits;
      },
      same: never,
      text: formatKeyspaceEvents,
      view: (bits) => bits,
      lines: (name, bits) => [{ line: textLine(name, formatKeyspaceEvents(bits)), force: bits !== 0 }],
    },
    {},
  );
}

/** `latency-tracking-info-percentiles <p> ...`, each from 0 to 100. */
export function percentiles(initial: readonly number[]): Directive<readonly number[]> {
  const name = 'latency-tracking-info-percentiles';
  return directive<readonly number[], readonly number[]>(
    {
      initial,
      parse: (args) =>
        list(args).map((arg) => {
          const value = parseDouble(arg);
          if (value === undefined) throw new Refusal(`Invalid ${name} parameters`);
          if (value > 100 || value < 0) {
            throw new Refusal(`${name} parameters should sit between [0.0,100.0]`);
          }
          return value;
        }),
      same: never,
      text: (values) => ascii(joined(values.map(formatPercentile))),
      view: (values) => values,
      lines: (directiveName, values) => [
        {
          line: ascii(
            joined([directiveName, values.length > 0 ? joined(values.map(formatPercentile)) : '""']),
          ),
          force: true,
        },
      ],
    },
    { flags: ['multi'] },
  );
}

/** `%f` without its trailing zeros (redis 7.2.6 util.c:trimDoubleString). Also names the fields of INFO latencystats. */
export function formatPercentile(value: number): string {
  return value.toFixed(6).replace(/\.?0+$/, '');
}
