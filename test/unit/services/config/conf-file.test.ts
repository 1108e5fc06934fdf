import { describe, expect, it } from 'vitest';
import { type Bytes, ascii } from '../../../../src/core/base/bytes.js';
import {
  type ConfHandlers,
  ConfFileError,
  firstTypedLine,
  type Included,
  joinConf,
  loadConf,
} from '../../../../src/core/services/config/conf-file.js';
import { Config } from '../../../../src/core/services/config/config.js';

/** Loads `text`; `files` are what may be included. */
function load(text: string, files: Record<string, string> = {}, typedFrom?: number) {
  const config = new Config();
  const seen: string[] = [];
  const handlers: ConfHandlers = {
    include: (path): Included =>
      Object.hasOwn(files, path) ? { text: ascii(files[path]) } : { error: 'No such file or directory' },
    user: (args) => {
      seen.push(`user ${args.join('|')}`);
      return args[0] === 'bad' ? "Error in user declaration 'x': Syntax error" : undefined;
    },
    renameCommand: (from, to) => {
      seen.push(`rename ${from} to ${to}`);
      return from === 'NOPE' ? 'No such command in rename-command' : undefined;
    },
  };
  let error: ConfFileError | undefined;
  try {
    loadConf(config, ascii(text), handlers, typedFrom);
  } catch (thrown) {
    if (!(thrown instanceof ConfFileError)) throw thrown;
    error = thrown;
  }
  return { config, seen, error };
}

describe('loadConf', () => {
  it('reads comments, blanks, quotes and any case', () => {
    const { config, error } = load(
      '# comment\n\n \t# another\r\n  PORT  7000 \r\nmasterauth "a\\x00\\xff\\"b"\nrequirepass \'it\\\'s\'\nsave 1 2\nSave 3 4\n',
    );
    expect(error).toBeUndefined();
    expect(config.values.port).toBe(7000);
    expect(config.text('masterauth')).toBe('a\0\xff"b');
    expect(config.text('requirepass')).toBe("it's");
    expect(config.text('save')).toBe('1 2 3 4');
  });

  it('takes the last of several values', () => {
    expect(load('port 1\nport 2').config.values.port).toBe(2);
  });

  it('says where it stopped, as Redis says it', () => {
    const { config, error } = load('port 1\n  maxmemory   wrong  \nport 2\n');
    expect(error?.message).toBe(
      "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***\nReading the configuration file, at line 2\n>>> 'maxmemory   wrong'\nargument must be a memory value\n",
    );
    expect(error?.where).toEqual({ line: 2, text: 'maxmemory   wrong' });
    expect(error?.reason).toBe('argument must be a memory value');
    expect(config.values.port).toBe(1);
  });

  it('does not speak of a file where a line comes from the command line', () => {
    const file = ascii('port 1\n');
    const text = (typed: string) => joinConf(file, undefined, ascii(typed));
    const message = (typed: string) => load(text(typed), {}, firstTypedLine(file, undefined)).error?.message;
    expect(message('hz 5\nport "abc"')).toBe(
      "\n*** FATAL CONFIG FILE ERROR (Redis 7.2.6) ***\nOn the command line: --port abc\n>>> 'port \"abc\"'\nargument couldn't be parsed into an integer\n",
    );
    expect(message('save "a b" ')).toContain('On the command line: --save "a b"\n');
    expect(load('port x\n', {}, 3).error?.message).toContain('Reading the configuration file, at line 1\n');
    // What is included is a file, wherever that was asked for.
    expect(load('port 1\nhz 5\ninclude f', { f: '\n\n\nport x' }, 3).error?.message).toContain(
      'Reading the configuration file, at line 4\n',
    );
  });

  it.each([
    ['maxmemmory 1', "Bad directive or wrong number of arguments\nDid you mean 'maxmemory'?"],
    ['apendonly yes', "Bad directive or wrong number of arguments\nDid you mean 'appendonly'?"],
    ['inclde x', "Bad directive or wrong number of arguments\nDid you mean 'include'?"],
    ['replica-of a 1', "Bad directive or wrong number of arguments\nDid you mean 'replicaof'?"],
    ['completely-different 1', 'Bad directive or wrong number of arguments'],
    ['include', 'Bad directive or wrong number of arguments'],
    ['include a b', 'Bad directive or wrong number of arguments'],
    ['rename-command a', 'Bad directive or wrong number of arguments'],
    ['lua-replicate-commands', 'Bad directive or wrong number of arguments'],
    ['constructor 1', 'Bad directive or wrong number of arguments'],
    ['port', 'wrong number of arguments'],
    ['port 1 2', 'wrong number of arguments'],
    ['port "1', 'Unbalanced quotes in configuration line'],
    ['loadmodule /x.so', 'modules are not supported'],
    ['user bad x', "Error in user declaration 'x': Syntax error"],
    ['rename-command NOPE ""', 'No such command in rename-command'],
  ])('%j is wrong: %j', (line, reason) => {
    expect(load(line).error?.reason).toBe(reason);
  });

  it('hands users and renamed commands on in order', () => {
    const { seen, error } = load(
      'user alice on >"a b" ~*\nrename-command CONFIG ""\nuser bob\nsentinel\nlua-replicate-commands yes',
    );
    expect(seen).toEqual(['user alice|on|>a b|~*', 'rename CONFIG to ', 'user bob']);
    expect(error?.where?.line).toBe(4);
  });

  it('reads included files in place, and goes on with the outer one', () => {
    const { config, error } = load('port 1\ninclude a\ntimeout 9', {
      a: 'port 2\ninclude "b c"\nhz 30',
      'b c': 'hz 20\nmaxmemory 5',
    });
    expect(error).toBeUndefined();
    const { port, hz, timeout, maxmemory } = config.values;
    expect([port, hz, timeout, maxmemory]).toEqual([2, 30, 9, 5]);
  });

  it('adds save rules of an included file and of the outer one', () => {
    expect(load('save 1 1\ninclude a\nsave 3 3\nsave 4 4', { a: 'save 2 2' }).config.text('save')).toBe(
      '1 1 2 2 3 3 4 4',
    );
  });

  it('names the line of the file that is wrong', () => {
    const { error } = load('\n\ninclude a\n', { a: 'port 1\nhz x\n' });
    expect(error?.where).toEqual({ line: 2, text: 'hz x' });
  });

  it('ends when a file is missing or includes itself', () => {
    expect(load('include a').error?.message).toContain(
      "Fatal error, can't open config file 'a': No such file or directory\n",
    );
    const { error } = load('include a', { a: 'hz 20\ninclude a\n' });
    expect(error?.reason).toBe('more than 16 files include each other');
    expect(error?.where?.line).toBe(2);
  });
});

it('joinConf puts file, standard input and command line in this order', () => {
  const text = joinConf('port 1\n' as Bytes, ascii('port 2'), ascii('port "3" '));
  expect(text).toBe('port 1\nport 2\nport "3" ');
  expect(joinConf(undefined, undefined, ascii(''))).toBe('\n');
});
