import { describe, expect, it } from 'vitest';
import {
  describeTerminal,
  palette,
  spinnerOptions,
  symbols,
  type Surroundings,
} from '../../../src/cli/terminal.js';

const tty: Surroundings = {
  stdout: { isTTY: true, columns: 100 },
  stderr: { isTTY: true },
  env: { LANG: 'en_US.UTF-8' },
  platform: 'linux',
};

describe('describeTerminal', () => {
  it('allows everything in a terminal', () => {
    expect(describeTerminal(tty)).toEqual({ live: true, color: true, unicode: true, width: 100 });
  });

  it.each<[string, Surroundings]>([
    ['stdout is a pipe', { ...tty, stdout: {} }],
    ['stderr is a pipe', { ...tty, stderr: {} }],
    ['NO_COLOR is set', { ...tty, env: { ...tty.env, NO_COLOR: '1' } }],
    ['the terminal is dumb', { ...tty, env: { ...tty.env, TERM: 'dumb' } }],
  ])('draws nothing when %s', (_why, around) => {
    expect(describeTerminal(around)).toMatchObject({ live: false, color: false, unicode: true });
  });

  it.each<[string, Surroundings]>([
    ['stdout', { ...tty, stdout: { isTTY: true, columns: 0 } }],
    ['stderr', { ...tty, stderr: { isTTY: true, columns: 0 } }],
  ])('draws nothing on a terminal without a size: %s', (_which, around) => {
    expect(describeTerminal(around)).toMatchObject({ live: false, color: false });
    expect(describeTerminal(around).width).toBeGreaterThan(0);
  });

  it('draws nothing under --json, and takes colour alone away under --no-color', () => {
    expect(describeTerminal(tty, { json: true })).toMatchObject({
      live: false,
      color: false,
      unicode: false,
    });
    expect(describeTerminal(tty, { noColor: true })).toMatchObject({
      live: true,
      color: false,
      unicode: true,
    });
  });

  it.each<[Record<string, string>, { json?: boolean; noColor?: boolean }, boolean]>([
    [{ FORCE_COLOR: '1' }, {}, true],
    [{ FORCE_COLOR: '' }, {}, true],
    [{ FORCE_COLOR: '1', TERM: 'dumb' }, {}, true],
    [{ FORCE_COLOR: '0' }, {}, false],
    [{ FORCE_COLOR: 'false' }, {}, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, {}, false],
    [{ FORCE_COLOR: '1' }, { noColor: true }, false],
    [{ FORCE_COLOR: '1' }, { json: true }, false],
    [{}, {}, false],
  ])('through a pipe, under %j and %j: colour %s, nothing that moves', (env, flags, color) => {
    const pipe = { ...tty, stdout: {}, env: { ...tty.env, ...env } };
    expect(describeTerminal(pipe, flags)).toMatchObject({ live: false, color });
  });

  it('takes colour away under FORCE_COLOR=0 in a terminal', () => {
    const around = { ...tty, env: { ...tty.env, FORCE_COLOR: '0' } };
    expect(describeTerminal(around)).toMatchObject({ live: true, color: false });
  });

  it.each([
    [{ LANG: 'C' }, false],
    [{}, false],
    [{ LANG: 'C', LC_ALL: 'C.utf8' }, true],
    [{ LANG: 'en_US.UTF-8', LC_ALL: '' }, true],
    [{ LANG: 'en_US.UTF-8', LC_CTYPE: 'POSIX' }, false],
    [{ LANG: 'en_US.UTF-8', TERM: 'linux' }, false],
  ])('reads the locale %j', (env, unicode) => {
    expect(describeTerminal({ ...tty, env }).unicode).toBe(unicode);
  });

  it('takes the width of a pipe from COLUMNS, else has none', () => {
    const pipe = { ...tty, stdout: {} };
    expect(describeTerminal(pipe).width).toBe(Infinity);
    expect(describeTerminal({ ...pipe, env: { COLUMNS: '72' } }).width).toBe(72);
    expect(describeTerminal({ ...pipe, env: { COLUMNS: 'wide' } }).width).toBe(Infinity);
  });
});

describe('palette and symbols', () => {
  it('paints only in colour', () => {
    expect(palette(true).red('no')).toBe('\x1b[31mno\x1b[39m');
    expect(palette(false).red('no')).toBe('no');
  });

  it('spins in what the terminal has', () => {
    const plain = spinnerOptions({ unicode: false, color: false }).spinner.frames;
    expect(plain).toEqual(['|', '/', '-', '\\']);
    expect(spinnerOptions({ unicode: true, color: true }).spinner.frames[0]).toBe('\x1b[36m⠋\x1b[39m');
  });

  it('has an ASCII form of every sign', () => {
    expect(symbols(true).ok).toBe('✔');
    for (const sign of Object.values(symbols(false))) expect(sign).toMatch(/^[\x20-\x7e]+$/);
  });
});
