import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/core/base/clock.js';
import { InspectError } from '../../../src/core/inspect/client.js';
import { collect, collectRaw, type CollectOptions } from '../../../src/core/inspect/collect.js';
import { type Facts } from '../../../src/core/inspect/facts.js';
import { clientLine, masterInfo, replicaInfo, REPLID, tail } from '../../support/inspect-facts.js';
import { SETTING_PATTERNS } from '../../../src/core/inspect/settings.js';
import { bulk, bulks, scriptedDial, type Script, type ScriptedDial } from '../../support/scripted-dial.js';

const ONLINE = 'ip=10.0.0.6,port=6380,state=online,offset=5,lag=0';

const PATTERNS = SETTING_PATTERNS;
const infoOf = (section: string) => bulk(`# Server\r\nredis_version:7.2.4\r\n\r\n${section}`);
const config = (reply: string) =>
  Object.fromEntries(PATTERNS.map((pattern) => [`CONFIG GET ${pattern}`, reply]));

const MASTER: Script['replies'] = {
  ...config(bulks()),
  INFO: [5, 25].map((offset) => infoOf(masterInfo([ONLINE], tail(offset)))),
  ROLE: `*3\r\n${bulk('master')}:5\r\n*1\r\n${bulks('10.0.0.6', '6380', '5')}`,
  'CONFIG GET repl-*': bulks('repl-timeout', '60', 'repl-ping-replica-period', '10'),
  'CONFIG GET min-*': bulks('min-replicas-to-write', '0'),
  'CONFIG GET client-output-buffer-limit': bulks('client-output-buffer-limit', 'slave 100 50 60'),
  'CLIENT LIST TYPE replica': bulk(clientLine(3, '10.0.0.6:51122', 9, 7)),
  'CLIENT LIST TYPE pubsub': bulk(clientLine(9, '10.0.0.9:26', 9, 0)),
};

const REPLICA: Script['replies'] = {
  ...MASTER,
  INFO: [5, 25].map((offset) => infoOf(replicaInfo(offset))),
  ROLE: `*5\r\n${bulk('slave')}${bulk('10.0.0.5')}:6379\r\n${bulk('connected')}:5\r\n`,
  'CLIENT LIST TYPE replica': bulk(''),
};

const NOPERM = "-NOPERM User watcher has no permissions to run the 'x' command\r\n";

/** Runs `start` to its end while the clock moves. */
async function run<T>(
  server: ScriptedDial,
  options: Partial<CollectOptions> = {},
  start: (dial: ScriptedDial['dial'], options: CollectOptions) => Promise<T>,
): Promise<T> {
  const clock = new ManualClock();
  let over = false;
  const all = { clock, name: 'server:6379', timeoutMs: 5000, intervalMs: 1000, ...options };
  const result = start(server.dial, all).finally(() => (over = true));
  result.catch(() => undefined);
  for (let i = 0; i < 1000 && !over; i++) {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    if (!over) clock.advance(100);
  }
  return result;
}

const collected = (script: Script, options?: Partial<CollectOptions>): Promise<Facts> =>
  run(scriptedDial(script), options, collect);

const failure = async (script: Script, options?: Partial<CollectOptions>) => {
  const error: unknown = await collected(script, options).catch((e: unknown) => e);
  if (!(error instanceof InspectError)) throw new Error(`not an InspectError: ${String(error)}`);
  return [error.failure, error.message];
};

describe('collect', () => {
  it('asks once, waits, asks again, and closes', async () => {
    const server = scriptedDial({ replies: MASTER });
    const facts = await run(server, {}, collect);
    expect(server.asked).toEqual([
      ...['INFO', 'ROLE', 'CLIENT LIST TYPE replica', 'CLIENT LIST TYPE pubsub'],
      ...PATTERNS.map((pattern) => `CONFIG GET ${pattern}`),
      ...['INFO', 'ROLE', 'CLIENT LIST TYPE replica'],
    ]);
    expect(server.closed()).toBe(true);
    expect(facts.first.replication.offset).toBe(5);
    expect(facts.last.replication.offset).toBe(25);
    expect(facts.last.atUs - facts.first.atUs).toBe(1_000_000);
    expect(facts.last.clients).toMatchObject([{ id: 3, outputBytes: 7 }]);
    expect(facts.settings.replTimeoutSeconds).toBe(60);
    expect(facts.settings.replicaOutputLimit?.hardBytes).toBe(100);
    expect(facts.last.linkState).toBeUndefined();
    expect(facts.missing).toEqual([]);
  });

  it('logs in first, with and without a user', async () => {
    const replies = { ...MASTER, 'AUTH bob s3cret': '+OK\r\n', 'AUTH s3cret': '+OK\r\n' };
    const server = scriptedDial({ replies });
    await run(server, { login: { user: 'bob', pass: 's3cret' } }, collect);
    expect(server.asked[0]).toBe('AUTH bob s3cret');
    const plain = scriptedDial({ replies });
    await run(plain, { login: { pass: 's3cret' } }, collect);
    expect(plain.asked[0]).toBe('AUTH s3cret');
  });

  it('goes on when the server has no password at all', async () => {
    const refusal =
      '-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n';
    const facts = await collected(
      { replies: { ...MASTER, 'AUTH s3cret': refusal } },
      { login: { pass: 's3cret' } },
    );
    expect(facts.last.replication.offset).toBe(25);
  });

  it('says what is missing when rights are missing, and the rule that gives it', async () => {
    const replies = {
      ...MASTER,
      ...config(NOPERM),
      'CLIENT LIST TYPE replica': NOPERM,
      'CLIENT LIST TYPE pubsub': NOPERM,
    };
    const facts = await collected({ replies });
    expect(facts.missing.map(({ command, rule }) => [command, rule])).toEqual([
      ['CONFIG GET', '+config|get'],
      ['CLIENT LIST', '+client|list'],
    ]);
    expect(facts.missing[0].why).toBe("NOPERM User watcher has no permissions to run the 'x' command");
    expect(facts.last.clients).toBeUndefined();
    expect(facts.settings).toEqual({});
  });

  it('makes do with ROLE when INFO is refused', async () => {
    const refused = { ...MASTER, INFO: NOPERM };
    const facts = await collected({ replies: refused });
    expect(facts.last.replication).toMatchObject({
      role: 'master',
      connectedReplicas: 1,
      offset: 5,
      replicas: [{ index: 0, ip: '10.0.0.6', port: 6380, state: 'online', offset: 5 }],
    });
    expect(facts.missing[0]).toMatchObject({ command: 'INFO', rule: '+info' });
    const replica = await collected({ replies: { ...refused, ROLE: REPLICA.ROLE } });
    expect(replica.last.replication.link).toMatchObject({
      host: '10.0.0.5',
      port: 6379,
      up: true,
      offset: 5,
    });
  });

  it('falls back to the old spelling of CLIENT LIST', async () => {
    const replies = {
      ...MASTER,
      'CLIENT LIST TYPE replica': "-ERR Unknown client type 'replica'\r\n",
      'CLIENT LIST TYPE slave': bulk(clientLine(4, '10.0.0.6:1', 1, 1)),
    };
    expect((await collected({ replies })).last.clients).toMatchObject([{ id: 4 }]);
  });

  it('asks the master of a replica, but never sends it the login', async () => {
    const master = scriptedDial({ replies: { INFO: infoOf(masterInfo([], tail(99))) } });
    const dialMaster = (host: string, port: number) => ({ dial: master.dial, name: `${host}:${port}` });
    const facts = await collected({ replies: REPLICA }, { dialMaster });
    expect(facts.last.upstream).toEqual({
      address: '10.0.0.5:6379',
      replid2: '0'.repeat(40),
      secondOffset: -1,
      backlogFirstOffset: 1,
      replid: REPLID,
      offset: 99,
      role: 'master',
      product: 'redis',
      version: '7.2.4',
    });
    expect(facts.last.linkState).toBe('connected');
    expect(master.closed()).toBe(true);

    const locked = scriptedDial({ replies: { INFO: '-NOAUTH Authentication required.\r\n' } });
    const other = await collected(
      { replies: { ...REPLICA, 'AUTH s3cret': '+OK\r\n' } },
      { login: { pass: 's3cret' }, dialMaster: () => ({ dial: locked.dial, name: '10.0.0.5:6379' }) },
    );
    expect(other.last.upstream).toBeUndefined();
    expect(other.last).toMatchObject({ masterLogin: 'withheld', masterTrouble: { kind: 'no-login' } });
    expect(new Set(locked.asked)).toEqual(new Set(['INFO']));
    expect(other.missing).toEqual([
      {
        command: 'INFO of 10.0.0.5:6379',
        why:
          'asked without the login, which was given for server:6379 alone (--share-login sends it there, too): ' +
          'NOAUTH Authentication required.',
        lacks: "the master's own offset, so how far this replica is behind",
      },
    ]);
  });

  it('finds the login that a master refuses to the replica in its ACL LOG, once the link is down', async () => {
    const entry = (reason: string, user: string, ip: string, age: string) =>
      `*12\r\n${bulk('reason')}${bulk(reason)}${bulk('context')}${bulk('toplevel')}${bulk('object')}${bulk('AUTH')}${bulk('username')}${bulk(user)}` +
      `${bulk('age-seconds')}${bulk(age)}${bulk('client-info')}${bulk(`id=5 addr=${ip}:40111 laddr=10.0.0.5:6379 cmd=auth user=default`)}`;
    const down = { master_link_status: 'down', master_link_down_since_seconds: 9 };
    const ask = async (log: string) => {
      const info = infoOf(masterInfo([], tail(99)));
      const master = scriptedDial({ replies: { INFO: info, 'AUTH s3cret': '+OK\r\n', 'ACL LOG 20': log } });
      const replies = { ...REPLICA, INFO: infoOf(replicaInfo(25, down)), 'AUTH s3cret': '+OK\r\n' };
      const dialMaster = () => ({ dial: master.dial, name: '10.0.0.5:6379' });
      const { last } = await collected(
        { replies },
        { login: { pass: 's3cret' }, shareLogin: true, dialMaster },
      );
      expect(last.masterLogin).toBe('shared');
      return last.refusedLogin;
    };
    // The scripted target's own address is a name: any literal one may be it.
    const fresh = entry('auth', 'default', '10.0.0.6', '0.8');
    expect(await ask(`*2\r\n${entry('command', 'bob', '10.0.0.6', '0.1')}${fresh}`)).toEqual({
      user: 'default',
      address: '10.0.0.6:40111',
      secondsAgo: 0.8,
    });
    expect(await ask(`*1\r\n${entry('auth', 'default', '10.0.0.6', '300.5')}`)).toBeUndefined();
    expect(await ask(NOPERM)).toBeUndefined();
  });

  it('takes no harm from a master that is silent or gone', async () => {
    const fail = { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED', layer: 'connect' } as const;
    const gone = scriptedDial({ replies: {}, fail });
    const facts = await collected(
      { replies: REPLICA },
      { dialMaster: () => ({ dial: gone.dial, name: 'm:1' }) },
    );
    expect(facts.missing[0].why).toBe('cannot connect to m:1: connect ECONNREFUSED');
    expect(facts.last.masterTrouble?.kind).toBe('refused');
    const silent = scriptedDial({ replies: { INFO: 'silence' } });
    const slow = await collected(
      { replies: REPLICA },
      { dialMaster: () => ({ dial: silent.dial, name: 'm:1' }) },
    );
    expect(slow.missing[0].why).toBe('m:1 did not answer INFO within 2 s');
  });
});

describe('what cannot be found out', () => {
  it('is one clear sentence', async () => {
    const fail = {
      code: 'ECONNREFUSED',
      message: 'connect ECONNREFUSED 10.0.0.5:6379',
      layer: 'connect',
    } as const;
    expect(await failure({ replies: {}, fail })).toEqual([
      'unreachable',
      'cannot connect to server:6379: connect ECONNREFUSED 10.0.0.5:6379',
    ]);
    expect(await failure({ replies: { ...MASTER, INFO: 'silence' } })).toEqual([
      'timeout',
      'server:6379 did not answer INFO, ROLE, CLIENT, CONFIG within 5 s',
    ]);
    expect(await failure({ replies: { ...MASTER, INFO: 'HTTP/1.1 400 Bad Request\r\n\r\n' } })).toEqual([
      'not-redis',
      expect.stringContaining('server:6379 does not speak the Redis protocol'),
    ]);
    const wrong = {
      ...MASTER,
      'AUTH x': '-WRONGPASS invalid username-password pair or user is disabled.\r\n',
    };
    expect(await failure({ replies: wrong }, { login: { pass: 'x' } })).toEqual([
      'refused',
      'server:6379 refuses the login: WRONGPASS invalid username-password pair or user is disabled.',
    ]);
    const noauth = '-NOAUTH Authentication required.\r\n';
    expect(await failure({ replies: { ...MASTER, INFO: noauth, ROLE: noauth } })).toEqual([
      'refused',
      'server:6379 refuses INFO: NOAUTH Authentication required. (give the password in the environment as REDISCLI_AUTH, or with --pass; --user for an ACL user)',
    ]);
  });

  it('repeats what a server says before it closes', async () => {
    const greeting = '-ERR max number of clients reached\r\n';
    const silence = Object.fromEntries(Object.keys(MASTER).map((line) => [line, 'silence']));
    expect(await failure({ replies: silence, greeting })).toEqual([
      'closed',
      'server:6379 closed the connection, saying: ERR max number of clients reached',
    ]);
    expect(await failure({ replies: { ...silence }, closeAfter: 'INFO' })).toEqual([
      'closed',
      'server:6379 closed the connection',
    ]);
  });

  it('a Sentinel has no replication of its own', async () => {
    const sentinel = bulk('# Server\r\nredis_mode:sentinel\r\n\r\n# Sentinel\r\nsentinel_masters:1\r\n');
    const [kind, message] = await failure({ replies: { ...MASTER, INFO: sentinel } });
    expect(kind).toBe('no-replication');
    expect(message).toContain('server:6379 is a Sentinel');
  });
});

describe('collectRaw', () => {
  it('gives the reply of INFO replication byte for byte', async () => {
    const text = '# Replication\r\nrole:master\r\nodd:\xff\r\n';
    const server = scriptedDial({ replies: { 'INFO replication': bulk(text) } });
    expect(await run(server, {}, collectRaw)).toBe(text);
  });
});
