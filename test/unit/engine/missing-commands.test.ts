import { expect, it } from 'vitest';
import { memoryServer } from '../../support/memory-server.js';

const said = (log: readonly string[]) => log.filter((line) => line.includes('A client asked for'));

it('names a command that is not there in the log, once, and answers as Redis does', () => {
  const server = memoryServer();
  const client = server.connect();
  expect(client.run('eval 1 0')).toMatch(/^-ERR unknown command 'eval', with args beginning with: '1' '0'/);
  client.run('EVAL 2 0');
  client.run('FUNCTION LOAD x');
  client.run('function load y');
  expect(said(server.log)).toEqual([
    expect.stringContaining(
      'A client asked for EVAL, which is refused: there are no Lua scripts (docs/differences.md; said once)',
    ),
    expect.stringContaining('A client asked for FUNCTION LOAD, which is refused: there are no functions'),
  ]);
});

it('says nothing of what Redis does not have either', () => {
  const server = memoryServer();
  const client = server.connect();
  client.run('NOSUCH');
  client.run('FUNCTION NOSUCH');
  client.run('EVAL'.repeat(1000));
  expect(said(server.log)).toEqual([]);
});
