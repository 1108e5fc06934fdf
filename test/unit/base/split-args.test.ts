import { describe, expect, test } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { splitArgs } from '../../../src/core/base/split-args.js';

describe('splitArgs', () => {
  test.each<[string, string[]]>([
    ['', []],
    [' \t\v\f ', []],
    ['set a 1', ['set', 'a', '1']],
    ['  set\ta\r1 ', ['set', 'a', '1']],
    ['set "a b" \'c d\'', ['set', 'a b', 'c d']],
    ['x ""', ['x', '']],
    ['"\\x41\\n\\r\\t\\a\\b\\q\\\\\\""', ['A\n\r\t\x07\bq\\"']],
    ['"\\x4g"', ['x4g']],
    ["'it\\'s \\n'", ["it's \\n"]],
    ['fo"o b"', ['foo b']],
    ['a\vb', ['a\vb']],
    ['\xe9 "\xff"', ['\xe9', '\xff']],
    ['a\0b', ['a']],
  ])('%j', (line, args) => {
    expect(splitArgs(ascii(line))).toEqual(args);
  });

  test.each(['"a', "'a", '"a"b', "'a'b", '"a\\"', "x 'a\\'", '"', 'a "b\0"'])(
    '%j is not balanced',
    (line) => {
      expect(splitArgs(ascii(line))).toBeUndefined();
    },
  );
});
