/**
 * The states of a link, field for field: our replica and a real one follow the same master in the same state, and INFO replication
 * and ROLE are compared. Logins with ACL, announced addresses, changes of master at run time.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { command, startFakeMaster, type Script } from '../support/fake-master.js';
import { type LiveServer, startLiveServer } from '../support/live-server.js';
import { attach, caughtUp, infoField, type Node } from '../support/replica-pair.js';
import { type RealRedis, realRedisAvailable, startRealRedis } from '../support/real-redis.js';

const running: { stop(): Promise<void> }[] = [];

async function kept<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  running.push(server);
  return server;
}

const real = (...args: string[]): Promise<RealRedis> =>
  kept(startRealRedis({ args: ['--repl-diskless-sync-delay', '0', ...args] }));
const ours = (directives: Record<string, string> = {}): Promise<LiveServer> =>
  kept(startLiveServer(directives));

afterEach(async () => {
  for (const server of running.splice(0).reverse()) await server.stop();
});

/** Fields whose values are of the server itself. */
const OWN = new Set(['master_replid', 'master_replid2']);
/** Seconds that tick while we ask. */
const SECONDS = new Set([
  'master_last_io_seconds_ago',
  'master_link_down_since_seconds',
  'master_sync_last_io_seconds_ago',
]);

async function replicationSection(node: Node): Promise<[string, string][]> {
  const reply = await node.call('INFO', 'replication');
  const text = reply.type === 'bulk' ? reply.value : '';
  return [...text.matchAll(/^([a-z0-9_]+):(.*)\r$/gm)].map(([, name, value]) => [name, value]);
}

/** The section as it must agree: own values out, ticking ones as never or some. */
function comparable(section: [string, string][]): string[] {
  return section.map(([name, value]) => {
    if (OWN.has(name)) return `${name}:…`;
    if (SECONDS.has(name))
      return `${name}:${value === '-1' ? 'never' : Number(value) <= 3 ? 'lately' : value}`;
    return `${name}:${value}`;
  });
}

async function role(node: Node): Promise<unknown[]> {
  const reply = await node.call('ROLE');
  return reply.type === 'array' ? reply.items.map((item) => ('value' in item ? item.value : item)) : [];
}

/** Waits until both say `fields`, and the rest is the same. */
async function expectSame(ours: Node, theirs: Node, ...fields: string[]): Promise<void> {
  const read = async () => (await Promise.all([ours, theirs].map(replicationSection))).map(comparable);
  await eventually(async () => {
    const [a, b] = await read();
    return fields.every((field) => a.includes(field) && b.includes(field)) && a.join() === b.join();
  }, 5_000).catch(() => undefined);
  const [a, b] = await read();
  expect(a).toEqual(b);
  expect(a).toEqual(expect.arrayContaining(fields));
}

describe.skipIf(!realRedisAvailable())('INFO replication beside a real replica', () => {
  const both = async (port: number, directives: Record<string, string> = {}) => {
    const args = Object.entries(directives).flatMap(([name, value]) => [`--${name}`, value]);
    const theirs = await real('--replicaof', '127.0.0.1', String(port), ...args);
    const mine = await ours({ replicaof: `127.0.0.1 ${port}`, ...directives });
    return { theirs, mine };
  };

  it('of a master that is there, and gone', async () => {
    const master = await real('--repl-ping-replica-period', '1');
    await master.call('SET', 'k', 'v');
    const { theirs, mine } = await both(master.port);
    await eventually(async () => Number(await infoField(mine, 'slave_repl_offset')) > 1);
    await caughtUp(master, mine);
    await caughtUp(master, theirs);
    // The one that came later has less of a backlog: the beginnings differ.
    const withoutBacklog = (section: [string, string][]) =>
      section.filter(([name]) => !/^repl_backlog_(first|hist)/.test(name));
    await eventually(async () => {
      const [a, b] = await Promise.all([mine, theirs].map(replicationSection));
      expect(comparable(withoutBacklog(a))).toEqual(comparable(withoutBacklog(b)));
      return true;
    });
    expect(await role(mine)).toEqual(['slave', '127.0.0.1', master.port, 'connected', expect.any(Number)]);
    await master.stop();
    await eventually(async () => (await infoField(mine, 'master_link_status')) === 'down');
    await eventually(async () => (await infoField(theirs, 'master_link_status')) === 'down');
    const [a, b] = await Promise.all([mine, theirs].map(replicationSection));
    const offsets = (section: [string, string][]) =>
      section.filter(([name]) => !/offset|repl_backlog/.test(name));
    expect(comparable(offsets(a))).toEqual(comparable(offsets(b)));
    expect(Number(await infoField(mine, 'slave_repl_offset'))).toBeGreaterThan(1);
    // Only ROLE's offset tells that there is no link.
    expect((await role(mine)).slice(0, 3)).toEqual(['slave', '127.0.0.1', master.port]);
    expect((await role(mine)).at(-1)).toBe(-1);
    await eventually(() =>
      mine.log.some((line) => line.includes('Error condition on socket for SYNC: Connection refused')),
    );
  });

  const REFUSING: [string, Script['on'], Record<string, string>, string][] = [
    [
      'LOADING',
      { ping: '-LOADING Redis is loading the dataset in memory\r\n' },
      {},
      "Error reply to PING from master: '-LOADING Redis is loading the dataset in memory'",
    ],
    [
      'MASTERDOWN',
      { ping: "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n" },
      {},
      "Error reply to PING from master: '-MASTERDOWN",
    ],
    [
      'NOMASTERLINK',
      { psync: "-NOMASTERLINK Can't SYNC while not connected with my master\r\n" },
      {},
      'Master is currently unable to PSYNC but should be in the future: -NOMASTERLINK',
    ],
    [
      'WRONGPASS',
      { auth: '-WRONGPASS invalid username-password pair or user is disabled.\r\n' },
      { masterauth: 'x' },
      'Unable to AUTH to MASTER: -WRONGPASS',
    ],
  ];

  it.each(REFUSING)('of a master that answers %s', async (_name, on, directives, line) => {
    const master = await kept(startFakeMaster({ on }));
    const { theirs, mine } = await both(master.port, directives);
    await eventually(() => mine.log.some((entry) => entry.includes(line)));
    const down = ['master_link_status:down', 'master_link_down_since_seconds:never', 'slave_repl_offset:1'];
    await expectSame(mine, theirs, ...down);
    // The same words in the log of both, so that what is found about one helps with the other.
    await eventually(() => theirs.log().includes(line.slice(0, 30)));
  });

  it.each([
    ['length form', '$1000\r\n', 'master_sync_total_bytes:1000'],
    ['EOF form', `$EOF:${'e'.repeat(40)}\r\n`, 'master_sync_total_bytes:0'],
  ])('in the middle of a snapshot, %s', async (_name, header, field) => {
    const id = 'a'.repeat(40);
    const on: Script['on'] = { psync: `+FULLRESYNC ${id} 77\r\n${header}REDIS0011\xfa` };
    const master = await kept(startFakeMaster({ on }));
    const { theirs, mine } = await both(master.port);
    await expectSame(mine, theirs, 'master_sync_in_progress:1', 'master_sync_read_bytes:10', field);
    expect((await role(mine))[3]).toBe('sync');
    expect((await role(theirs))[3]).toBe('sync');
  });

  it('in the middle of a snapshot that takes the place of a data set', async () => {
    const id = 'a'.repeat(40);
    const first: Script['on'] = { psync: `+FULLRESYNC ${id} 77\r\n$18\r\nREDIS0009\xff\0\0\0\0\0\0\0\0` };
    const master = await kept(startFakeMaster({ on: first }));
    const { theirs, mine } = await both(master.port);
    await expectSame(mine, theirs, 'master_link_status:up', 'slave_repl_offset:77');
    const id2 = 'b'.repeat(40);
    master.play({ on: { psync: `+FULLRESYNC ${id2} 900\r\n$1000\r\nREDIS0011\xfa`, info: '-ERR no\r\n' } });
    for (const { socket } of master.connections) socket.destroy();
    await expectSame(
      mine,
      theirs,
      'master_sync_in_progress:1',
      'slave_repl_offset:77',
      'master_sync_read_bytes:10',
    );
    for (const node of [mine, theirs]) await node.call('REPLICAOF', 'NO', 'ONE');
    await expectSame(mine, theirs, 'role:master', 'second_repl_offset:78', 'master_repl_offset:77');
  });

  it('a server that is told to follow: its own history is asked for first', async () => {
    const [theirs, mine] = [await real(), await ours()];
    for (const node of [mine, theirs]) await node.call('REPLICAOF', '127.0.0.1', 1);
    await expectSame(mine, theirs, 'master_link_status:down', 'slave_repl_offset:0', 'repl_backlog_active:0');
    const master = await kept(startFakeMaster({ on: { psync: '-NOMASTERLINK wait\r\n' } }));
    for (const node of [mine, theirs]) {
      const replid = await infoField(node, 'master_replid');
      await node.call('REPLICAOF', '127.0.0.1', master.port);
      await eventually(() => master.connections.some(({ seen }) => seen.includes(`PSYNC ${replid} 1`)));
    }
  });

  it('before the header of the snapshot', async () => {
    const master = await kept(startFakeMaster({ on: { psync: `+FULLRESYNC ${'a'.repeat(40)} 77\r\n` } }));
    const { theirs, mine } = await both(master.port);
    await expectSame(mine, theirs, 'master_sync_in_progress:1', 'master_sync_total_bytes:-1');
  });

  it('a server that is nobody’s replica any more', async () => {
    const master = await real();
    const { theirs, mine } = await both(master.port);
    await caughtUp(master, mine);
    await caughtUp(master, theirs);
    for (const node of [mine, theirs]) await node.call('REPLICAOF', 'NO', 'ONE');
    await expectSame(mine, theirs, 'role:master', 'second_repl_offset:1');
  });
});

describe.skipIf(!realRedisAvailable())('logging in at a master with ACL', () => {
  const USER = ['--user', 'rep', 'on', '>secret', '+psync', '+replconf', '+ping'];

  it('attaches with masteruser and masterauth and the least of rights, and shows what it announces', async () => {
    const server = await real(...USER);
    const replica = await ours({
      replicaof: `127.0.0.1 ${server.port}`,
      masteruser: 'rep',
      masterauth: 'secret',
      'replica-announce-ip': 'replica.example.org',
      'replica-announce-port': '7777',
    });
    await eventually(() => replica.events.some((event) => event.kind === 'streaming'));
    // Our stream begins before the master has reaped the process that made the snapshot.
    const online = /^ip=replica\.example\.org,port=7777,state=online,offset=\d+,lag=\d+$/;
    await eventually(async () => online.test((await infoField(server, 'slave0')) ?? ''));
    const steps = replica.events.find((event) => event.kind === 'handshake');
    expect(JSON.stringify(steps)).not.toContain('secret');
    expect(replica.log.join()).not.toContain('secret');
  });

  it('a wrong password, then CONFIG SET of the right one', async () => {
    const master = await real(...USER);
    const replica = await ours({
      replicaof: `127.0.0.1 ${master.port}`,
      masteruser: 'rep',
      masterauth: 'wrong',
    });
    await eventually(() => replica.reason('retry')?.includes('Unable to AUTH to MASTER: -WRONGPASS'));
    await replica.call('CONFIG', 'SET', 'masterauth', 'secret');
    await eventually(() => replica.events.some((event) => event.kind === 'streaming'));
  });

  it('a user that may not PSYNC', async () => {
    const master = await real('--user', 'rep', 'on', '>secret', '+replconf', '+ping');
    const replica = await ours({
      replicaof: `127.0.0.1 ${master.port}`,
      masteruser: 'rep',
      masterauth: 'secret',
    });
    await eventually(() =>
      replica.reason('retry')?.includes('MASTER aborted replication with an error: -NOPERM'),
    );
  });
});

describe.skipIf(!realRedisAvailable())('REPLICAOF at run time', () => {
  it('from one master to another to none', async () => {
    const [a, b] = [await real(), await real()];
    await a.call('SET', 'who', 'a');
    await b.call('SET', 'who', 'b');
    const replica = await ours();
    await replica.call('SET', 'own', '1');
    await attach(replica, a);
    expect(await replica.call('GET', 'who')).toMatchObject({ value: 'a' });
    expect(await replica.call('GET', 'own')).toMatchObject({ type: 'null' });
    await attach(replica, b);
    expect(await replica.call('GET', 'who')).toMatchObject({ value: 'b' });
    expect(await replica.call('CONFIG', 'GET', 'replicaof')).toMatchObject({
      items: [{}, { value: `127.0.0.1 ${b.port}` }],
    });
    expect(await replica.call('REPLICAOF', 'no', 'one')).toMatchObject({ value: 'OK' });
    expect(await replica.call('SET', 'who', 'me')).toMatchObject({ value: 'OK' });
    expect(await infoField(b, 'connected_slaves')).toBe('0');
    expect(await role(replica)).toEqual(['master', expect.any(Number), expect.anything()]);
    // While it does not answer, another one is taken at once.
    await replica.call('REPLICAOF', '127.0.0.1', 1);
    await attach(replica, a);
    expect(await replica.call('GET', 'who')).toMatchObject({ value: 'a' });
  });

  it('a restart with the position in the RDB continues', async () => {
    const master = await real();
    const replica = await ours({ replicaof: `127.0.0.1 ${master.port}`, dbfilename: 'kept.rdb' });
    await master.call('SELECT', 5);
    await master.call('SET', 'k', '1');
    await caughtUp(master, replica);
    await replica.call('SAVE');
    const { mkdtempSync, copyFileSync } = await import('node:fs');
    const dir = mkdtempSync(`${replica.dir}-again-`);
    copyFileSync(`${replica.dir}/kept.rdb`, `${dir}/dump.rdb`);
    await master.call('SET', 'l', '2');
    const again = await ours({ replicaof: `127.0.0.1 ${master.port}`, dir });
    await caughtUp(master, again);
    expect(await infoField(master, 'sync_full')).toBe('1');
    expect(await infoField(master, 'sync_partial_ok')).toBe('1');
    await again.call('SELECT', 5);
    expect(await again.call('MGET', 'k', 'l')).toMatchObject({ items: [{ value: '1' }, { value: '2' }] });
  });

  it('of a fake master that names the database in the stream alone', async () => {
    const master = await kept(startFakeMaster());
    const replica = await ours({ replicaof: `127.0.0.1 ${master.port}` });
    await eventually(() => replica.events.some((event) => event.kind === 'streaming'));
    master.connections
      .at(-1)!
      .send(command('SELECT', '2') + command('SET', 'k', 'v') + command('REPLCONF', 'GETACK', '*'));
    await eventually(() => master.connections.at(-1)!.seen.includes('REPLCONF ACK 50'));
    await replica.call('SELECT', 2);
    expect(await replica.call('GET', 'k')).toMatchObject({ value: 'v' });
  });
});
