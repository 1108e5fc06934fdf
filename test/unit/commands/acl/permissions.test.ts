/** Permissions among several clients; the rules themselves and what one client sees are in test/wire/transcripts/acl.txt. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ClientFlag } from '../../../../src/core/commands/context.js';
import { FAMILIES } from '../../../../src/core/commands/families.js';
import { createTestEngine, plain, type TestClient, type TestEngine } from '../../../support/engine.js';

let t: TestEngine;
let alice: TestClient;
const ask = (client: TestClient, line: string) => plain(client.call(...line.split(' ')));
const admin = (line: string) => ask(t.client, line);
const info = (name: string) =>
  new RegExp(`^${name}:(.*)\r$`, 'm').exec(admin('INFO everything') as string)?.[1];
const NO_KEY = '-NOPERM No permissions to access a key';
const NO_CHANNEL = '-NOPERM No permissions to access a channel';

const matching = (pattern: RegExp) => expect.stringMatching(pattern) as unknown;

beforeEach(() => {
  t = createTestEngine({ families: FAMILIES });
  admin('ACL SETUSER alice on >secret +@all ~a* &a*');
  alice = t.connect();
  expect(ask(alice, 'AUTH alice secret')).toBe('OK');
});

describe('the gate', () => {
  it('costs a client nothing whose user may do everything', () => {
    expect(t.client.session.armed).toBe(0);
    expect(alice.session.armed).not.toBe(0);
    admin('ACL SETUSER alice allkeys allchannels');
    expect(alice.session.armed).toBe(0);
    admin('ACL SETUSER alice -ping');
    expect(alice.session.armed).not.toBe(0);
    admin('ACL SETUSER alice (~* &* +@all)');
    expect(alice.session.armed).toBe(0);
  });

  it('follows the rules of a user while its clients are connected', () => {
    expect(ask(alice, 'SET b x')).toBe(NO_KEY);
    admin('ACL SETUSER alice ~b');
    expect(ask(alice, 'SET b x')).toBe('OK');
    admin('ACL SETUSER alice reset');
    expect(ask(alice, 'SET b x')).toBe("-NOPERM User alice has no permissions to run the 'set' command");
  });

  it('lets anybody run what logs in or ends a session', () => {
    admin('ACL SETUSER alice -@all');
    expect(ask(alice, 'PING')).toBe("-NOPERM User alice has no permissions to run the 'ping' command");
    expect(ask(alice, 'AUTH alice secret')).toBe('OK');
    expect(ask(alice, 'RESET')).toBe('RESET');
    expect(ask(alice, 'ACL WHOAMI')).toBe('default');
  });

  it('comes behind that of the login and before those of memory and transactions', () => {
    admin('CONFIG SET maxmemory 1');
    expect(ask(alice, 'SET b x')).toBe(NO_KEY);
    ask(alice, 'MULTI');
    expect(ask(alice, 'SET b x')).toBe(NO_KEY);
    expect(ask(alice, 'EXEC')).toBe('-EXECABORT Transaction discarded because of previous errors.');
  });

  it('refuses a blocked command that is run again', () => {
    admin('CONFIG RESETSTAT');
    alice.send('BLPOP a 0\r\n');
    admin('ACL SETUSER alice resetkeys');
    admin('RPUSH a x');
    expect(alice.replies().map(plain)).toEqual([NO_KEY]);
    expect(admin('LRANGE a 0 -1')).toEqual(['x']);
    expect(info('cmdstat_blpop')).toBe('calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0');
  });

  it('asks for the parts of containers and for first arguments', () => {
    admin('ACL SETUSER alice -@all +config|get +select|1');
    expect(ask(alice, 'CONFIG SET hz 5')).toBe(
      "-NOPERM User alice has no permissions to run the 'config|set' command",
    );
    expect(ask(alice, 'CONFIG GET hz')).toEqual(['hz', '10']);
    expect(ask(alice, 'select 1')).toBe('OK');
    expect(ask(alice, 'SELECT 2')).toBe("-NOPERM User alice has no permissions to run the 'select' command");
  });

  it('does not look at a client without a user, as the link to a master is one', () => {
    const link = t.engine.newSession(alice.connection);
    link.setFlag(ClientFlag.master | ClientFlag.authenticated, true);
    expect([link.user, link.armed]).toEqual([undefined, 0]);
    expect(link.infoLine()).toContain(' user=(superuser) ');
  });

  it('goes by the names that commands were made with', () => {
    t.engine.commands.rename('get', 'fetch');
    admin('ACL SETUSER alice -get');
    expect(ask(alice, 'FETCH a')).toBe("-NOPERM User alice has no permissions to run the 'get' command");
  });
});

describe('EXEC', () => {
  it('leaves out what is no longer allowed, and counts it', () => {
    alice.send('MULTI\r\nSET a 1\r\nSET ab 1\r\nPUBLISH a x\r\nGET a\r\nINCR a\r\n');
    admin('ACL SETUSER alice resetkeys ~a resetchannels -incr');
    admin('CONFIG RESETSTAT');
    const changed =
      '-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. ' +
      'This command is no longer allowed for the following reason: ';
    expect(ask(alice, 'EXEC')).toEqual([
      'OK',
      `${changed}no permission to touch the specified keys`,
      `${changed}no permission to access one of the channels used as arguments`,
      '1',
      `${changed}no permission to execute the command or subcommand`,
    ]);
    expect(info('errorstat_NOPERM')).toBe('count=3');
    expect(info('cmdstat_exec')).toMatch(/failed_calls=1$/);
    expect(info('cmdstat_incr')).toBeUndefined();
    const contexts = t.engine.acl.log
      .latest(3)
      .map(({ context, reason, object }) => [context, reason, object]);
    expect(contexts).toEqual([
      ['multi', 'command', 'incr'],
      ['multi', 'channel', 'a'],
      ['multi', 'key', 'ab'],
    ]);
  });
});

describe('channels', () => {
  it('are asked of those who listen and of those who send', () => {
    expect(ask(alice, 'PUBLISH b x')).toBe(NO_CHANNEL);
    expect(ask(alice, 'SPUBLISH abc x')).toBe(0);
    expect(ask(alice, 'SUBSCRIBE a b')).toBe(NO_CHANNEL);
    expect(ask(alice, 'PSUBSCRIBE ab*')).toBe(NO_CHANNEL);
    expect(ask(alice, 'PSUBSCRIBE a*')).toEqual(['psubscribe', 'a*', 1]);
    expect(ask(alice, 'UNSUBSCRIBE b')).toEqual(['unsubscribe', 'b', 1]);
  });

  it.each(['SUBSCRIBE', 'SSUBSCRIBE', 'PSUBSCRIBE'])(
    'that are taken away end those who used %s',
    (command) => {
      const kept = t.connect();
      ask(kept, 'AUTH alice secret');
      ask(alice, `${command} a*`);
      admin('ACL SETUSER alice &b');
      expect(alice.connection.ended).toBe(false);
      admin('ACL SETUSER alice resetchannels &b');
      expect([alice.connection.ended, kept.connection.ended]).toEqual([true, false]);
    },
  );

  it('may be allowed by another selector', () => {
    ask(alice, 'SUBSCRIBE a1');
    admin('ACL SETUSER alice resetchannels (&a1)');
    expect(alice.connection.ended).toBe(false);
    admin('ACL SETUSER alice clearselectors');
    expect(alice.connection.ended).toBe(true);
  });
});

describe('ACL DELUSER', () => {
  it('closes the clients of the user, and nobody else', () => {
    expect(admin('ACL DELUSER alice nobody')).toBe(1);
    expect([alice.connection.ended, t.client.connection.ended]).toEqual([true, false]);
    expect(ask(t.connect(), 'AUTH alice secret')).toMatch(/^-WRONGPASS/);
  });

  it('answers the one who deletes itself, and runs nothing more of it', () => {
    expect(alice.send('ACL DELUSER alice\r\nSET a x\r\n')).toBe(':1\r\n');
    expect(alice.connection.ended).toBe(true);
    expect(admin('GET a')).toBe(null);
  });

  it('spares the default user', () => {
    expect(admin('ACL DELUSER alice default')).toBe("-ERR The 'default' user cannot be removed");
    expect(admin('ACL USERS')).toEqual(['alice', 'default']);
  });
});

describe('the default user', () => {
  it('decides who has to log in', () => {
    admin('ACL SETUSER default off');
    const late = t.connect();
    expect(ask(late, 'PING')).toBe('-NOAUTH Authentication required.');
    expect(admin('PING')).toBe('PONG');
    expect(ask(late, 'AUTH alice secret')).toBe('OK');
    expect(ask(alice, 'RESET')).toBe('RESET');
    expect(ask(alice, 'PING')).toBe('-NOAUTH Authentication required.');
    admin('ACL SETUSER default on');
    expect(ask(alice, 'PING')).toBe('PONG');
    admin('ACL SETUSER default >x');
    expect(ask(alice, 'PING')).toBe('-NOAUTH Authentication required.');
  });

  it('has the password of requirepass', () => {
    admin('CONFIG SET requirepass one');
    expect(admin('ACL GETUSER default')).toContainEqual([
      '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed',
    ]);
    expect(ask(t.connect(), 'PING')).toBe('-NOAUTH Authentication required.');
    admin('ACL SETUSER default >two');
    const late = t.connect();
    expect(ask(late, 'AUTH two')).toBe('OK');
    expect(admin('CONFIG GET requirepass')).toEqual(['requirepass', 'one']);
    t.client.call('CONFIG', 'SET', 'requirepass', '');
    expect(ask(t.connect(), 'PING')).toBe('PONG');
    expect(admin('AUTH two')).toMatch(/^-ERR AUTH <password> called without any password/);
  });

  it('keeps its clients when it loses its rights', () => {
    admin('ACL SETUSER default -@all +acl');
    expect(admin('PING')).toBe("-NOPERM User default has no permissions to run the 'ping' command");
    expect(admin('ACL WHOAMI')).toBe('default');
  });
});

describe('what is told', () => {
  it('CLIENT LIST and CLIENT KILL know users', () => {
    expect(admin('CLIENT LIST')).toMatch(/user=default .*\n.* user=alice /);
    expect(admin('CLIENT KILL USER alice')).toBe(1);
    expect(alice.connection.ended).toBe(true);
  });

  it('SLOWLOG shows neither names nor rules', () => {
    admin('CONFIG SET slowlog-log-slower-than 0');
    admin('ACL SETUSER bob >pass');
    expect(t.engine.slowlog.latest(1)[0].args).toEqual(['ACL', 'SETUSER', '(redacted)', '(redacted)']);
  });

  it('INFO counts what was denied', () => {
    const denied = () => ['auth', 'cmd', 'key', 'channel'].map((what) => info(`acl_access_denied_${what}`));
    expect(denied()).toEqual(['0', '0', '0', '0']);
    ask(alice, 'AUTH alice wrong');
    ask(alice, 'HELLO 3 AUTH nobody secret');
    ask(alice, 'GET b');
    ask(alice, 'PUBLISH b x');
    admin('ACL SETUSER alice -ping');
    ask(alice, 'PING');
    expect(denied()).toEqual(['2', '1', '1', '1']);
    admin('CONFIG RESETSTAT');
    expect(denied()).toEqual(['2', '1', '1', '1']);
  });

  it('ACL LOG says who was denied what', () => {
    ask(alice, 'MULTI');
    ask(alice, 'GET b');
    t.clock.advance(1500);
    admin('AUTH alice wrong');
    expect(admin('ACL LOG')).toEqual([
      [
        ...['count', 1, 'reason', 'auth', 'context', 'toplevel', 'object', 'AUTH', 'username', 'alice'],
        ...['age-seconds', '0', 'client-info', matching(/^id=1 .* cmd=auth user=default /)],
        ...[
          'entry-id',
          1,
          'timestamp-created',
          1_700_000_001_500,
          'timestamp-last-updated',
          1_700_000_001_500,
        ],
      ],
      [
        ...['count', 1, 'reason', 'key', 'context', 'multi', 'object', 'b', 'username', 'alice'],
        ...['age-seconds', '1.5', 'client-info', matching(/^id=2 .* cmd=get user=alice /)],
        ...[
          'entry-id',
          0,
          'timestamp-created',
          1_700_000_000_000,
          'timestamp-last-updated',
          1_700_000_000_000,
        ],
      ],
    ]);
    admin('CONFIG SET acllog-max-len 1');
    ask(alice, 'GET c');
    expect(admin('ACL LOG')).toHaveLength(1);
    expect(admin('ACL LOG RESET')).toBe('OK');
    expect(admin('ACL LOG')).toEqual([]);
  });

  it('a failed login is answered, also in a pipeline and in a transaction, where Redis 7.2 leaves the answer out', () => {
    const wrong = '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
    expect(alice.send('PING\r\nAUTH a b\r\nPING\r\n')).toBe(`+PONG\r\n${wrong}+PONG\r\n`);
    expect(alice.send('MULTI\r\nAUTH a b\r\nPING\r\nEXEC\r\n')).toBe(
      `+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n${wrong}+PONG\r\n`,
    );
  });
});

describe('SORT', () => {
  it('needs the right to read every key for BY and GET', () => {
    admin('RPUSH a 1 2');
    const denied = (option: string) =>
      `-ERR ${option} option of SORT denied due to insufficient ACL permissions.`;
    expect(ask(alice, 'SORT a BY w*')).toBe(denied('BY'));
    expect(ask(alice, 'SORT a BY nosort')).toEqual(['1', '2']);
    expect(ask(alice, 'SORT a GET #')).toBe(denied('GET'));
    admin('ACL SETUSER alice %W~*');
    expect(ask(alice, 'SORT_RO a GET a*')).toBe(denied('GET'));
    // The right must be that of a selector that allows the call.
    admin('ACL SETUSER alice (%R~* -@all)');
    expect(ask(alice, 'SORT a GET a*')).toBe(denied('GET'));
    admin('ACL SETUSER alice %R~*');
    expect(ask(alice, 'SORT a BY w* GET #')).toEqual(['1', '2']);
  });
});

describe('new users', () => {
  it('have the channels of acl-pubsub-default at the time', () => {
    admin('CONFIG SET acl-pubsub-default allchannels');
    admin('ACL SETUSER bob');
    admin('CONFIG SET acl-pubsub-default resetchannels');
    admin('ACL SETUSER carol');
    expect(admin('ACL LIST')).toEqual([
      'user alice on sanitize-payload #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~a* resetchannels &a* +@all',
      'user bob off sanitize-payload &* -@all',
      'user carol off sanitize-payload resetchannels -@all',
      'user default on nopass sanitize-payload ~* &* +@all',
    ]);
    expect(admin('ACL SETUSER bob &x')).toMatch(/'allchannels' flag/);
  });
});

describe('ACL CAT and GENPASS', () => {
  it('list commands with their parts, and make digits', () => {
    expect(admin('ACL CAT connection')).toEqual(expect.arrayContaining(['auth', 'client|id', 'hello']));
    expect(admin('ACL CAT ADMIN')).toEqual(expect.arrayContaining(['acl|setuser', 'config|set']));
    expect(admin('ACL CAT keyspace')).not.toContain('set');
    expect(admin('ACL GENPASS')).toMatch(/^[0-9a-f]{64}$/);
    expect(admin('ACL GENPASS 5')).toMatch(/^[0-9a-f]{2}$/);
    expect(admin('ACL GENPASS 4096')).toMatch(/^[0-9a-f]{1024}$/);
  });
});
