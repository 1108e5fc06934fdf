/** What `--no-psync` makes of a server that refuses: without PSYNC the last answer is all that is known. */
import { describe, expect, it } from 'vitest';
import { examineWire } from '../../support/wire-master.js';

const NOAUTH = '-NOAUTH Authentication required.\r\n';
const NOPERM = "-NOPERM User default has no permissions to run the 'replconf' command\r\n";
const REFUSING = { on: { ping: NOAUTH, replconf: NOAUTH, info: NOAUTH, '*': NOAUTH } };

describe('without PSYNC', () => {
  it('a password that lacks is a fault', async () => {
    const { ids, verdict } = await examineWire(REFUSING, { aim: 'none' });
    expect([ids, verdict]).toEqual([['noauth'], 'failed']);
  });

  it('a password that lacks is a fault, when no REPLCONF is sent', async () => {
    const { ids, verdict } = await examineWire(REFUSING, {
      aim: 'none',
      capa: [],
      listeningPort: undefined,
    });
    expect([ids, verdict]).toEqual([['noauth'], 'failed']);
  });

  it('a user without rights who did not log in is the same fault', async () => {
    const { ids, verdict } = await examineWire({ on: { replconf: NOPERM } }, { aim: 'none' });
    expect([ids, verdict]).toEqual([['noauth'], 'failed']);
  });

  it('a user without rights who did log in lacks the right', async () => {
    const script = { on: { auth: '+OK\r\n', replconf: NOPERM } };
    const { ids, verdict } = await examineWire(script, { aim: 'none', user: 'u', pass: 'hunter22' });
    expect([ids, verdict]).toEqual([['noperm-replconf'], 'failed']);
  });

  it('a login that was accepted outweighs the PING before it', async () => {
    const script = { on: { ping: NOAUTH, auth: '+OK\r\n', replconf: '+OK\r\n' } };
    const { ids, verdict } = await examineWire(script, { aim: 'none', pass: 'hunter22' });
    expect([ids, verdict]).toEqual([[], 'passed']);
  });
});
