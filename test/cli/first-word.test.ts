/** What is typed first: the usual spellings of help and version, and words that are no command. */
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/run-cli.js';

describe('the first word', () => {
  it.each(['-h', 'help', '--help'])('%s shows the commands', async (word) => {
    const { stdout, code } = await runCli([word]);
    expect(stdout).toContain('handshake');
    expect(code).toBe(0);
  });

  it.each(['-v', 'version', '--version'])('%s shows the version', async (word) => {
    expect((await runCli([word])).stdout).toMatch(/^redis-ts\/\d+\.\d+\.\d+ /);
  });

  it.each([
    ['help', 'serve'],
    ['serve', '-h'],
  ])('%s %s shows the help of the command', async (...words) => {
    expect((await runCli(words)).stdout).toContain('serve [redis.conf | -]');
  });

  it.each([
    ['serv', 'did you mean serve?'],
    ['hanshake', 'did you mean handshake?'],
    ['flurble', 'the commands are'],
  ])('%s: %s', async (word, hint) => {
    const { stderr, code } = await runCli([word]);
    expect(stderr).toContain(`redis-ts: unknown command ${word}`);
    expect(stderr).toContain(hint);
    expect(code).toBe(2);
  });
});
