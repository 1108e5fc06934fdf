import { describe, expect, it } from 'vitest';
import { ArgvError, type OwnOptions, parseServerArgv } from '../../../../src/core/services/config/argv.js';

const OWN: OwnOptions = { of: 'value', once: 'flag', trace: 'flag', 'truncate-to-timestamp': 'value' };

function fault(...argv: string[]): string {
  try {
    parseServerArgv(argv, OWN);
  } catch (error) {
    if (error instanceof ArgvError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('parseServerArgv', () => {
  it('takes nothing at all', () => {
    expect(parseServerArgv([])).toEqual({
      configFile: undefined,
      stdin: false,
      directives: [],
      text: '',
      own: {},
    });
  });

  it.each<[string[], [string, string[]][]]>([
    [['--port', '6380'], [['port', ['6380']]]],
    [['--port 6380'], [['port', ['6380']]]],
    [['--port', '"6380"'], [['port', ['"6380"']]]],
    [
      ['--PORT', '1', '--port', '2'],
      [
        ['port', ['1']],
        ['port', ['2']],
      ],
    ],
    [['--replicaof', 'localhost 6379'], [['replicaof', ['localhost 6379']]]],
    [['--replicaof', 'localhost', '6379'], [['replicaof', ['localhost', '6379']]]],
    [
      ['--replicaof localhost 6379', '--hz', '5'],
      [
        ['replicaof', ['localhost', '6379']],
        ['hz', ['5']],
      ],
    ],
    [['--slaveof', 'no', 'one'], [['slaveof', ['no', 'one']]]],
    [
      ['--save', '900', '1', '--save', '300', '10'],
      [
        ['save', ['900', '1']],
        ['save', ['300', '10']],
      ],
    ],
    [['--save', ''], [['save', ['']]]],
    [['--save'], [['save', ['']]]],
    [
      ['--save', '--hz', '5'],
      [
        ['save', ['']],
        ['hz', ['5']],
      ],
    ],
    [
      ['--SAVE', '--hz', '5'],
      [
        ['save', ['']],
        ['hz', ['5']],
      ],
    ],
    [['--bind', '127.0.0.1', '-::1'], [['bind', ['127.0.0.1', '-::1']]]],
    [['--list-max-listpack-size', '-2'], [['list-max-listpack-size', ['-2']]]],
    [['--requirepass', '--secret'], [['requirepass', ['--secret']]]],
    [
      ['--requirepass', '--secret', '--port', '1'],
      [
        ['requirepass', ['--secret']],
        ['port', ['1']],
      ],
    ],
    [['--requirepass', ''], [['requirepass', ['']]]],
    [['--masterauth', 'a "b" \\ \n'], [['masterauth', ['a "b" \\ \n']]]],
    [['--masterauth', '\u00e9'], [['masterauth', ['\xc3\xa9']]]],
    [['--user', 'alice', 'on', '>p w'], [['user', ['alice', 'on', '>p w']]]],
    [
      ['--port', '-', '--hz', '1'],
      [
        ['port', ['-']],
        ['hz', ['1']],
      ],
    ],
  ])('%j', (argv, directives) => {
    const parsed = parseServerArgv(argv);
    expect(parsed.directives).toEqual(directives);
    expect([parsed.configFile, parsed.stdin]).toEqual([undefined, false]);
  });

  it('takes a file first, standard input first or last', () => {
    const file = parseServerArgv(['redis.conf', '--port', '1']);
    expect([file.configFile, file.stdin, file.directives]).toEqual(['redis.conf', false, [['port', ['1']]]]);
    const first = parseServerArgv(['-', '--port', '6380']);
    expect([first.configFile, first.stdin, first.directives]).toEqual([
      undefined,
      true,
      [['port', ['6380']]],
    ]);
    const last = parseServerArgv(['x.conf', '--port', '6380', '-']);
    expect([last.configFile, last.stdin, last.directives]).toEqual(['x.conf', true, [['port', ['6380']]]]);
  });

  it('takes a directive without dashes right behind the file, and nowhere else', () => {
    const parsed = parseServerArgv(['a.conf', 'LogLevel', 'verbose', '--hz', '5']);
    expect([parsed.configFile, parsed.directives]).toEqual([
      'a.conf',
      [
        ['loglevel', ['verbose']],
        ['hz', ['5']],
      ],
    ]);
    expect(parseServerArgv(['loglevel', '--hz', '5']).configFile).toBe('loglevel');
  });

  it('tells of a wrong option before one that is unknown', () => {
    expect(() => parseServerArgv(['--include', 'missing', '--replicaof', '--h', '--xyzzy'])).toThrow(
      'On the command line: --replicaof --h\n>>> \'replicaof "--h"\'\nwrong number of arguments',
    );
  });

  it('writes the directives as lines of redis.conf', () => {
    expect(parseServerArgv(['--port', '1', '--save', '--replicaof', 'h 2', '--hz 5']).text).toBe(
      'port "1" \nsave ""\nreplicaof "h 2" \nhz 5 ',
    );
  });

  it('takes out the options of our own', () => {
    const argv = [
      '--of',
      'localhost:1',
      '--once',
      '--port',
      '1',
      '--truncate-to-timestamp=5',
      '--of=[::1]:2',
      '--hz',
      '9',
    ];
    const parsed = parseServerArgv(argv, OWN);
    expect(parsed.own).toEqual({ of: '[::1]:2', once: true, 'truncate-to-timestamp': '5' });
    expect(parsed.directives).toEqual([
      ['port', ['1']],
      ['hz', ['9']],
    ]);
    expect(parseServerArgv(['--once', 'my.conf'], OWN).configFile).toBe('my.conf');
  });

  it.each<[string[], string]>([
    [['--prot', '1'], "unknown option '--prot': did you mean '--port'?"],
    [['--maxmemory-polcy', 'x'], "unknown option '--maxmemory-polcy': did you mean '--maxmemory-policy'?"],
    [['--tracee'], "unknown option '--tracee': did you mean '--trace'?"],
    [['--xyzzy-quux', '1'], "unknown option '--xyzzy-quux': Bad directive or wrong number of arguments"],
    [['--replicaof', 'h', '1', '--prot', '1'], "unknown option '--prot': did you mean '--port'?"],
    [['--port=1'], "unknown option '--port=1': write --port 1"],
    [['-p', '1'], "unknown option '-p': directives are written --name value"],
    [['a.conf', 'b.conf'], "unexpected argument 'b.conf': directives are written --name value"],
    [['--', '1'], "an option without a name: '--'"],
    [['--port "1'], "unbalanced quotes in '--port \"1'"],
    [['--of'], '--of needs a value'],
    [['--once=yes'], '--once takes no value'],
  ])('%j: %s', (argv, message) => {
    expect(fault(...argv)).toBe(message);
  });
});
