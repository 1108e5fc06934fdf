/**
 * Planted faults: what a handler that is wrong in one small way would do, to prove that the differential run finds it.
 *
 * Each alters the arguments of one command on their way to its handler, often only those that few calls have. They live here alone:
 * a server in this process gets one by `plant`, and no server can get one otherwise.
 */
import { type Bytes } from '../../src/core/base/bytes.js';
import { parseSafeInt } from '../../src/core/base/numbers.js';
import { type CommandTable } from '../../src/core/commands/table.js';
import { type Handler } from '../../src/core/commands/spec.js';

export interface Fault {
  /** The command, `xgroup|create` for a subcommand. */
  readonly command: string;
  readonly what: string;
  readonly distort: (argv: readonly Bytes[]) => readonly Bytes[];
}

type Distortion = Fault['distort'];

const b = (text: string | number | bigint): Bytes => String(text) as Bytes;
const isWord = (argument: Bytes, word: string): boolean => argument.toString().toUpperCase() === word;

/** An option goes unheard, with as many operands. */
function without(option: string, operands = 0): Distortion {
  return (argv) => {
    const at = argv.findIndex((argument, i) => i > 1 && isWord(argument, option));
    return at < 0 ? argv : [...argv.slice(0, at), ...argv.slice(at + 1 + operands)];
  };
}

/** One word is taken for another. */
function instead(word: string, other: string): Distortion {
  return (argv) => argv.map((argument, i) => (i > 0 && isWord(argument, word) ? b(other) : argument));
}

/** An integer argument is off by `by`, when `when` says so. */
function off(index: number, by: number, when: (value: number) => boolean = () => true): Distortion {
  return (argv) => {
    const value = index < argv.length ? parseSafeInt(argv[index]) : undefined;
    if (value === undefined || !when(value)) return argv;
    return argv.map((argument, i) => (i === index ? b(value + by) : argument));
  };
}

/** The operand of an option is off by one. */
function offAfter(option: string, by = 1): Distortion {
  return (argv) => {
    const at = argv.findIndex((argument, i) => i > 0 && isWord(argument, option));
    return at < 0 ? argv : off(at + 1, by)(argv);
  };
}

/** The last `count` arguments go unheard when there are more than `least`. */
function lastIgnored(least: number, count = 1): Distortion {
  return (argv) => (argv.length > least + count - 1 ? argv.slice(0, -count) : argv);
}

/** A bound is inclusive although it says otherwise. */
function inclusive(index: number, mark = ''): Distortion {
  return (argv) =>
    argv.map((argument, i) =>
      i === index && argument.startsWith('(') ? b(mark + argument.slice(1)) : argument,
    );
}

/** An argument is replaced where it fits. */
function replaced(index: number, fits: (argument: Bytes) => boolean, by: string): Distortion {
  return (argv) => argv.map((argument, i) => (i === index && fits(argument) ? b(by) : argument));
}

function swapped(i: number, j: number, when: (argv: readonly Bytes[]) => boolean = () => true): Distortion {
  return (argv) => {
    if (argv.length <= Math.max(i, j) || !when(argv)) return argv;
    const out = argv.slice();
    [out[i], out[j]] = [argv[j], argv[i]];
    return out;
  };
}

export const FAULTS: readonly Fault[] = [
  { command: 'set', what: 'KEEPTTL goes unheard', distort: without('KEEPTTL') },
  {
    command: 'setrange',
    what: 'the offset is one too high above 5',
    distort: off(2, 1, (n) => n > 5 && n < 1000),
  },
  { command: 'getrange', what: 'a negative end is one too low', distort: off(3, -1, (n) => n < -1) },
  { command: 'incrby', what: 'adds 101 for 100', distort: off(2, 1, (n) => n === 100) },
  { command: 'getex', what: 'PERSIST goes unheard', distort: without('PERSIST') },
  { command: 'msetnx', what: 'the third pair is lost', distort: lastIgnored(6, 2) },
  { command: 'lcs', what: 'MINMATCHLEN is one too high', distort: offAfter('MINMATCHLEN') },

  { command: 'copy', what: 'REPLACE goes unheard', distort: without('REPLACE') },
  { command: 'expire', what: 'GT is taken for LT', distort: instead('GT', 'LT') },
  { command: 'move', what: 'database 3 is taken for 2', distort: off(2, -1, (n) => n === 3) },
  { command: 'scan', what: 'MATCH goes unheard', distort: without('MATCH', 1) },
  { command: 'sort', what: 'DESC goes unheard', distort: without('DESC') },
  { command: 'select', what: 'database 3 is taken for 2', distort: off(1, -1, (n) => n === 3) },

  { command: 'lpush', what: 'two values change places', distort: swapped(2, 3) },
  { command: 'linsert', what: 'BEFORE is taken for AFTER', distort: instead('BEFORE', 'AFTER') },
  { command: 'lpos', what: 'RANK goes unheard', distort: without('RANK', 1) },
  { command: 'lrem', what: 'the count is one too high above 0', distort: off(2, 1, (n) => n > 0 && n < 100) },
  { command: 'ltrim', what: 'a negative end is one too low', distort: off(3, -1, (n) => n < -1) },
  { command: 'lmove', what: 'LEFT is taken for RIGHT', distort: instead('LEFT', 'RIGHT') },
  { command: 'lset', what: 'index -2 is taken for -1', distort: off(2, 1, (n) => n === -2) },

  { command: 'sadd', what: 'the third member is lost', distort: lastIgnored(4) },
  { command: 'srem', what: 'the third member stays', distort: lastIgnored(4) },
  { command: 'sdiffstore', what: 'the last key goes unheard', distort: lastIgnored(4) },
  { command: 'sintercard', what: 'LIMIT goes unheard', distort: without('LIMIT', 1) },
  { command: 'smove', what: 'from and to change places', distort: swapped(1, 2) },

  { command: 'hset', what: 'the second pair is lost', distort: lastIgnored(5, 2) },
  { command: 'hincrby', what: 'adds 2 for 1', distort: off(3, 1, (n) => n === 1) },
  { command: 'hincrbyfloat', what: 'adds 0.2 for 0.1', distort: replaced(3, (a) => a === b('0.1'), '0.2') },
  { command: 'hdel', what: 'the second field stays', distort: lastIgnored(3) },
  { command: 'hmget', what: 'two fields change places', distort: swapped(2, 3) },

  { command: 'zadd', what: 'CH goes unheard', distort: without('CH') },
  { command: 'zadd', what: 'GT is taken for LT', distort: instead('GT', 'LT') },
  { command: 'zrange', what: 'REV goes unheard', distort: without('REV') },
  { command: 'zcount', what: 'an exclusive minimum counts', distort: inclusive(2) },
  { command: 'zunionstore', what: 'MAX is taken for MIN', distort: instead('MAX', 'MIN') },
  { command: 'zremrangebyscore', what: 'an exclusive maximum goes too', distort: inclusive(3) },
  { command: 'zrangebylex', what: 'an exclusive minimum is returned', distort: inclusive(2, '[') },
  { command: 'zpopmin', what: 'one more for a count of 2', distort: off(2, 1, (n) => n === 2) },
  { command: 'zrank', what: 'WITHSCORE goes unheard', distort: without('WITHSCORE') },

  {
    command: 'xadd',
    what: 'MAXLEN is one too high',
    distort: (argv) => offAfter('=')(offAfter('MAXLEN')(argv)),
  },
  { command: 'xrange', what: 'COUNT is one too high', distort: offAfter('COUNT') },
  { command: 'xgroup|create', what: 'MKSTREAM goes unheard', distort: without('MKSTREAM') },
  { command: 'xreadgroup', what: 'NOACK goes unheard', distort: without('NOACK') },
  { command: 'xclaim', what: 'JUSTID goes unheard', distort: without('JUSTID') },
  { command: 'xack', what: 'the second id stays pending', distort: lastIgnored(4) },

  {
    command: 'setbit',
    what: 'the offset is one too high above 20',
    distort: off(2, 1, (n) => n > 20 && n < 1000),
  },
  { command: 'bitcount', what: 'BIT is taken for BYTE', distort: instead('BIT', 'BYTE') },
  { command: 'bitop', what: 'AND is taken for OR', distort: instead('AND', 'OR') },
  { command: 'bitfield', what: 'SAT is taken for WRAP', distort: instead('SAT', 'WRAP') },

  { command: 'pfadd', what: 'the third element is lost', distort: lastIgnored(4) },
  { command: 'pfmerge', what: 'the second source goes unheard', distort: lastIgnored(3) },

  { command: 'geosearch', what: 'ASC is taken for DESC', distort: instead('ASC', 'DESC') },
  { command: 'geodist', what: 'kilometres are taken for metres', distort: instead('KM', 'm') },
  { command: 'geoadd', what: 'XX goes unheard', distort: without('XX') },

  { command: 'pubsub|numsub', what: 'the last channel goes unheard', distort: lastIgnored(3) },
];

/** Puts a fault into the commands of a server. Throws for a command that it does not have. */
export function plant(commands: CommandTable, fault: Fault): void {
  const command = commands.byFullName(fault.command) as { run: Handler } | undefined;
  if (command === undefined) throw new Error(`no command ${fault.command}`);
  const { run } = command;
  command.run = (ctx, argv) => run(ctx, fault.distort(argv).slice());
}
