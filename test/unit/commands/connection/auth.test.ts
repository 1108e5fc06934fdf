import { describe, expect, it } from 'vitest';
import { CONNECTION_COMMANDS } from '../../../../src/core/commands/connection/table.js';
import { SERVER_COMMANDS } from '../../../../src/core/commands/server/table.js';
import { STRING_COMMANDS } from '../../../../src/core/commands/string/table.js';
import { createTestEngine, plain, type TestEngine } from '../../../support/engine.js';

const families = [CONNECTION_COMMANDS, SERVER_COMMANDS, STRING_COMMANDS];
const WRONG = '-WRONGPASS invalid username-password pair or user is disabled.';
const NO_AUTH = '-NOAUTH Authentication required.';

const locked = () => createTestEngine({ families, config: { requirepass: 'secret' } });
const caller =
  (t: TestEngine) =>
  (...args: (string | number)[]) =>
    plain(t.client.call(...args));

describe('AUTH', () => {
  it('opens the server to those who know the password', () => {
    const call = caller(locked());
    expect(call('GET', 'k')).toBe(NO_AUTH);
    expect(call('PING')).toBe(NO_AUTH);
    expect(call('AUTH', 'wrong')).toBe(WRONG);
    expect(call('AUTH', 'default', 'wrong')).toBe(WRONG);
    expect(call('AUTH', 'other', 'secret')).toBe(WRONG);
    expect(call('GET', 'k')).toBe(NO_AUTH);
    expect(call('AUTH', 'secret')).toBe('OK');
    expect(call('GET', 'k')).toBe(null);
  });

  it('keeps what was allowed when a later attempt fails', () => {
    const call = caller(locked());
    call('AUTH', 'default', 'secret');
    expect(call('AUTH', 'wrong')).toBe(WRONG);
    expect(call('GET', 'k')).toBe(null);
  });

  it('leaves no password in the slow log', () => {
    const t = createTestEngine({
      families,
      config: { requirepass: 'secret', 'slowlog-log-slower-than': '0' },
    });
    const call = caller(t);
    call('AUTH', 'secret');
    call('AUTH', 'default', 'secret');
    call('HELLO', 3, 'AUTH', 'default', 'secret', 'SETNAME', 'me');
    call('CONFIG', 'SET', 'masterauth', 'hidden', 'timeout', 1);
    call('CONFIG', 'SET', 'requirepass', 'hidden', 'nonsense', 1);
    expect(t.engine.slowlog.latest(-1).map((entry) => entry.args.join(' '))).toEqual([
      'CONFIG SET requirepass (redacted) nonsense 1',
      'CONFIG SET masterauth (redacted) timeout 1',
      'HELLO 3 AUTH (redacted) (redacted) SETNAME me',
      'AUTH (redacted) (redacted)',
      'AUTH (redacted)',
    ]);
  });
});

describe('HELLO', () => {
  const RESP2 =
    '*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.6\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:1\r\n' +
    '$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n';

  it('describes the server and stays with RESP2 when nothing is asked for', () => {
    const { client } = createTestEngine({ families });
    expect(client.send('HELLO\r\n')).toBe(RESP2);
    expect(client.send('GET k\r\n')).toBe('$-1\r\n');
  });

  it('answers in RESP3 from its own answer on', () => {
    const { client } = createTestEngine({ families });
    expect(client.send('HELLO 3 SETNAME me\r\nGET k\r\nCLIENT GETNAME\r\n')).toBe(
      RESP2.replace('*14', '%7').replace(':2', ':3') + '_\r\n$2\r\nme\r\n',
    );
    expect(client.send('HELLO 2\r\nGET k\r\n')).toBe(`${RESP2}$-1\r\n`);
  });

  it('says that it is a replica', () => {
    const { client } = createTestEngine({ families, replication: { isReplica: true } });
    expect(client.send('HELLO\r\n')).toContain('$4\r\nrole\r\n$7\r\nreplica\r\n');
  });

  it('asks for the password before anything changes', () => {
    const t = locked();
    const call = caller(t);
    expect(call('HELLO', 3, 'SETNAME', 'me')).toBe(
      '-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> ' +
        '<pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
    );
    expect(call('HELLO', 3, 'AUTH', 'default', 'wrong', 'SETNAME', 'me')).toBe(WRONG);
    expect([t.client.session.reply.resp, t.client.session.name]).toEqual([2, '']);
    expect(call('HELLO', 3, 'AUTH', 'default', 'secret', 'SETNAME', 'me')).toBeInstanceOf(Array);
    expect([t.client.session.reply.resp, t.client.session.name]).toEqual([3, 'me']);
  });
});
