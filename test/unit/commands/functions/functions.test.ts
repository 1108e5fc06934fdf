import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { libraryName } from '../../../../src/core/commands/functions/functions.js';
import { FUNCTION_COMMANDS } from '../../../../src/core/commands/functions/table.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const ONE = ascii('#!lua name=one\nredis.register_function("f", function() end)');
const TWO = ascii('#!lua NAME=two\n');

let t: TestEngine;
const call = (...args: string[]) => plain(t.client.call(...args));
const libraries = () => t.engine.store.functionLibraries;

beforeEach(() => {
  t = createTestEngine({ families: [FUNCTION_COMMANDS] });
  t.engine.store.functionLibraries = [ONE, TWO];
});

describe('FUNCTION FLUSH', () => {
  it('deletes all libraries, and is propagated even when there were none', () => {
    expect(call('FUNCTION', 'FLUSH')).toBe('OK');
    expect(libraries()).toEqual([]);
    expect(call('FUNCTION', 'FLUSH', 'async')).toBe('OK');
    expect(call('FUNCTION', 'FLUSH', 'SYNC')).toBe('OK');
    expect(t.stream()).toEqual(['SELECT 0', 'FUNCTION FLUSH', 'FUNCTION FLUSH async', 'FUNCTION FLUSH SYNC']);
    expect(t.engine.gate.dirty).toBe(3);
  });

  it('refuses what it does not know, and keeps the libraries', () => {
    expect(call('FUNCTION', 'FLUSH', 'now')).toBe('-ERR FUNCTION FLUSH only supports SYNC|ASYNC option');
    expect(call('FUNCTION', 'FLUSH', 'SYNC', 'x')).toBe(
      "-ERR unknown subcommand or wrong number of arguments for 'FLUSH'. Try FUNCTION HELP.",
    );
    expect(libraries()).toEqual([ONE, TWO]);
    expect(t.stream()).toEqual([]);
  });
});

describe('FUNCTION DELETE', () => {
  it('deletes the library of that name', () => {
    expect(call('FUNCTION', 'DELETE', 'two')).toBe('OK');
    expect(libraries()).toEqual([ONE]);
    expect(t.stream()).toEqual(['SELECT 0', 'FUNCTION DELETE two']);
  });

  it('says when there is none', () => {
    expect(call('FUNCTION', 'DELETE', 'One')).toBe('-ERR Library not found');
    expect(t.stream()).toEqual([]);
  });
});

it('reads the name in the first line', () => {
  expect(libraryName(ascii('#!lua "name=a b"\n'))).toBe('a b');
  expect(libraryName(ascii('#!lua name=x'))).toBeUndefined();
  expect(libraryName(ascii('#!lua\nname=x\n'))).toBeUndefined();
  expect(libraryName(ascii('-- name=x\n'))).toBeUndefined();
});
