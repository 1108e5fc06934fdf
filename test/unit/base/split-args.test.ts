import { describe, expect, it } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { splitArgs } from '../../../src/core/base/split-args.js';

const split = (line: string) => splitArgs(ascii(line));

describe('splitArgs', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['   \t\r\n', []],
    ['set key value', ['set', 'key', 'value']],
    ['  a\tb \r\n c\v', ['a', 'b', 'c\v']],
    ['a\vb', ['a\vb']],
    ['\v\fa', ['a']],
    ['""', ['']],
    ["''", ['']],
    ['save ""', ['save', '']],
    ['"a b" c', ['a b', 'c']],
    ["'a b' c", ['a b', 'c']],
    ['ab"cd" e', ['abcd', 'e']],
    ["ab'c d'", ['abc d']],
    ['"\\x00\\xfF\\x0a"', ['\0\xff\n']],
    ['"\\n\\r\\t\\b\\a\\\\\\"\\q"', ['\n\r\t\b\x07\\"q']],
    ['"\\xzz\\x1g"', ['xzzx1g']],
    ['"\\x1"', ['x1']],
    ["'\\n\\x41\\''", ["\\n\\x41'"]],
    ['"it\'s"', ["it's"]],
    ['\'say "hi"\'', ['say "hi"']],
    ['caf\xc3\xa9', ['caf\xc3\xa9']],
    ['a\\ b', ['a\\', 'b']],
    ['a\0b c', ['a']],
    ['"a"\vb', ['a', 'b']],
  ])('%j gives %j', (line, args) => {
    expect(split(line)).toEqual(args);
  });

  it.each(['"a', "'a", '"a"b', "'a'b", '"a\\"', '"a\\', "'a\\'", 'x "', 'a"b"c', '"a""b"', '"a\0"'])(
    'refuses %j',
    (line) => {
      expect(split(line)).toBeUndefined();
    },
  );

  it('reads a long line in one pass', () => {
    const line = 'x '.repeat(100_000) + '"' + '\\x41'.repeat(100_000) + '"';
    const args = split(line)!;
    expect(args).toHaveLength(100_001);
    expect(args[100_000]).toBe('A'.repeat(100_000));
  });
});
