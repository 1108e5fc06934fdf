import { describe, expect, it } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { FAMILIES } from '../../../src/core/commands/families.js';
import { CommandTable } from '../../../src/core/commands/table.js';

const found = (table: CommandTable, ...names: string[]) => names.map((name) => table.find(ascii(name))?.name);

describe('the command table', () => {
  it('finds a command by any spelling, asked again and by turns', () => {
    const table = new CommandTable(FAMILIES);
    expect(found(table, 'get', 'get', 'GET', 'gEt', 'gEt', 'set', 'gEt', 'getx', 'getx', 'get')).toEqual([
      'get',
      'get',
      'get',
      'get',
      'get',
      'set',
      'get',
      undefined,
      undefined,
      'get',
    ]);
  });

  it('forgets a name that was taken away, also when it was asked for last', () => {
    const table = new CommandTable(FAMILIES);
    expect(found(table, 'GET')).toEqual(['get']);
    expect(table.rename('get', 'fetch')).toBe(true);
    expect(found(table, 'GET', 'get', 'FETCH')).toEqual([undefined, undefined, 'get']);
    expect(table.rename('get', 'fetch')).toBe(false);
  });
});
