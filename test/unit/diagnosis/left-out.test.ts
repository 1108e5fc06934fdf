/** What a count is short of is named when it comes out exactly, and only then. */
import { describe, expect, it } from 'vitest';
import { flat, fromText, type Bytes } from '../../../src/core/base/bytes.js';
import {
  addPortions,
  causesOf,
  causesText,
  NO_PORTIONS,
  type Portions,
} from '../../../src/core/diagnosis/rules/left-out.js';
import { encodeCommand } from '../../../src/core/protocol/command-encoder.js';

function read(...commands: readonly (readonly string[])[]): Portions {
  return commands.reduce((sum, words) => {
    const args: readonly Bytes[] = words.map(fromText);
    return addPortions(sum, { args, argc: args.length, wireLength: flat(encodeCommand(args)).length });
  }, NO_PORTIONS);
}

const SELECT = ['SELECT', '0'];
const GETACK = ['REPLCONF', 'GETACK', '*'];
const SET = ['SET', 'a', '1'];
const UMLAUTS = ['SET', 'a', 'äöü'];
const CHARACTERS = 'characters are counted instead of bytes (`length` of a string: take the bytes)';

describe('what is left out of a count', () => {
  it.each([
    [37, [SELECT, SET, GETACK], ['GETACK is not counted']],
    [74, [SELECT, GETACK, SET, GETACK], ['GETACK is not counted']],
    [28, [['PING'], SET, ['PING']], ['PING is not counted']],
    [23, [SELECT, SET], ['SELECT is not counted']],
    [3, [SELECT, UMLAUTS], [CHARACTERS]],
    // Two units of UTF-16, four bytes of UTF-8, one character.
    [2, [SELECT, ['SET', 'a', '\u{1f600}']], [CHARACTERS]],
    [3, [SELECT, ['SET', 'a', '\u{1f600}']], [CHARACTERS]],
    [14, [SET], ['the line ends (CR LF) are not counted']],
    [16, [SET], ['the `*` and `$` lines are not counted']],
    [22, [SET], ['the bytes of the arguments alone are counted']],
    [26, [SET], ['commands are counted instead of bytes']],
    [40, [SELECT, UMLAUTS, GETACK], [`GETACK is not counted, and ${CHARACTERS}`]],
    [37, [GETACK, SELECT, ['PING'], SET], ['GETACK is not counted']],
    [5, [SELECT, SET, GETACK], []],
  ])('%i bytes of %j', (missing, commands, causes) => {
    expect(causesOf(missing, read(...commands))).toEqual(causes);
  });

  it('says with which command the counts part, where the cause tells it', () => {
    const text = (missing: number, ...commands: readonly (readonly string[])[]): string =>
      causesText(missing, read(...commands), 100);
    expect(text(37, SELECT, SET, GETACK, SET, ['PING'])).toBe(
      ' The 37 bytes that are missing fit exactly: GETACK is not counted. The two counts part with `REPLCONF GETACK` at offset 150.',
    );
    expect(text(3, SELECT, SET, UMLAUTS, UMLAUTS.slice(0, 2))).toBe(
      ` The 3 bytes that are missing fit exactly: ${CHARACTERS}. The two counts part with \`SET\` at offset 150.`,
    );
    // The first of the two.
    expect(text(40, SELECT, UMLAUTS, GETACK)).toMatch(/ The two counts part with `SET` at offset 123\.$/);
    // Every command is miscounted.
    expect(text(14, SET)).toMatch(/ The two counts part with `SET` at offset 100\.$/);
    // Two causes fit, and with another command each.
    expect(text(23, SELECT, ['SET', 'k', 'ä'.repeat(23)])).not.toContain('part with');
    // Where the stream began is not known.
    expect(causesText(37, read(SET, GETACK))).toMatch(
      / The two counts part with `REPLCONF GETACK`, 27 bytes into the stream\.$/,
    );
    expect(text(5, SELECT, SET)).toBe('');
  });

  it('names both where two fit', () => {
    expect(causesOf(23, read(SELECT, ['SET', 'k', 'ä'.repeat(23)]))).toEqual([
      'SELECT is not counted',
      CHARACTERS,
    ]);
  });

  it('does not look into arguments that were cut', () => {
    const cut = addPortions(NO_PORTIONS, {
      args: [fromText('SET'), fromText('ä...')],
      argc: 3,
      wireLength: 900,
    });
    expect(causesOf(1, cut)).toEqual([]);
  });
});
