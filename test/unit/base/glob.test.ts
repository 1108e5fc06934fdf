import { describe, expect, test } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { globMatch } from '../../../src/core/base/glob.js';

describe('globMatch', () => {
  test.each([
    ['h?llo', 'hello'],
    ['h*llo', 'hllo'],
    ['h*llo', 'heeello'],
    ['*', 'x'],
    ['**a**', 'bab'],
    ['a*', 'a'],
    ['h[ae]llo', 'hallo'],
    ['h[^e]llo', 'hbllo'],
    ['h[a-b]llo', 'hbllo'],
    ['[c-a]', 'b'],
    ['[a-]', 'b'.replace('b', 'a')],
    ['[abc', 'c'],
    ['[^', 'x'],
    ['[\\]]', ']'],
    ['\\*', '*'],
    ['\\', '\\'],
    ['a\\bc', 'abc'],
    ['[\xf0-\x01]', '\xff'],
    ['', ''],
    ['*ab', 'aab'],
    ['*a?c*', 'xxabcxx'],
    ['\0', '\0'],
  ])('%j matches %j', (pattern, text) => {
    expect(globMatch(ascii(pattern), ascii(text))).toBe(true);
  });

  test.each([
    ['h?llo', 'hllo'],
    ['h[ae]llo', 'hillo'],
    ['h[^e]llo', 'hello'],
    ['[]', 'x'],
    ['[]a]', 'a'],
    ['', 'x'],
    ['*', ''],
    ['?', ''],
    ['a', 'ab'],
    ['a*b', 'ac'],
    ['A', 'a'],
    ['[\x01-\x7f]', '\xff'],
  ])('%j does not match %j', (pattern, text) => {
    expect(globMatch(ascii(pattern), ascii(text))).toBe(false);
  });

  test('ignores ASCII case when asked, except after a backslash in a set', () => {
    expect(globMatch(ascii('MAX*[A-C]'), ascii('maxmemoryB'), true)).toBe(true);
    expect(globMatch(ascii('maxmemory'), ascii('MAXMEMORY'), true)).toBe(true);
    expect(globMatch(ascii('\xc4'), ascii('\xe4'), true)).toBe(false);
    expect(globMatch(ascii('[\\a]'), ascii('A'), true)).toBe(false);
  });

  test('a pattern full of stars costs no more than its length times that of the string', () => {
    const began = performance.now();
    expect(globMatch(ascii('*a'.repeat(500) + 'b'), ascii('a'.repeat(20_000)))).toBe(false);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test('gives up beyond 1000 separate stars, as Redis does', () => {
    expect(globMatch(ascii('*a'.repeat(1000)), ascii('a'.repeat(1000)))).toBe(true);
    expect(globMatch(ascii('*a'.repeat(1001)), ascii('a'.repeat(1001)))).toBe(false);
    expect(globMatch(ascii('*'.repeat(5000) + 'a'), ascii('a'))).toBe(true);
  });
});
