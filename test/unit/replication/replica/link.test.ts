import { describe, expect, it } from 'vitest';
import { type LinkEvent } from '../../../../src/core/replication/ports.js';
import {
  ack,
  command,
  MASTER_ID,
  ONE_KEY_RDB,
  scriptedReplica,
  TINY_RDB,
  type ScriptedReplica,
} from '../../../support/scripted-master.js';

const OTHER_ID = 'b'.repeat(40);

function last<K extends LinkEvent['kind']>(replica: ScriptedReplica, kind: K) {
  return replica.events.filter((event) => event.kind === kind).at(-1) as
    Extract<LinkEvent, { kind: K }> | undefined;
}

function logged(replica: ScriptedReplica, text: string): boolean {
  return replica.log.some((line) => line.includes(text));
}

/** INFO replication of a master, as the side question gets it. */
function info(fields: Readonly<Record<string, string | number>>): string {
  const text = Object.entries({
    role: 'master',
    master_replid: MASTER_ID,
    master_replid2: '0'.repeat(40),
    second_repl_offset: -1,
    repl_backlog_active: 1,
    ...fields,
  })
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('');
  const body = `# Replication\r\n${text}`;
  return `$${body.length}\r\n${body}\r\n`;
}

describe('a handshake that fails', () => {
  const failing = (answers: string[], directives = {}) => {
    const replica = scriptedReplica(directives);
    const wire = replica.nextWire();
    wire.open();
    for (const answer of answers) wire.data(answer);
    replica.clock.runTurn();
    return { replica, wire };
  };

  it.each([
    [
      'LOADING',
      ['-LOADING Redis is loading the dataset in memory\r\n'],
      "Error reply to PING from master: '-LOADING",
    ],
    [
      'MASTERDOWN',
      ["-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n"],
      "Error reply to PING from master: '-MASTERDOWN",
    ],
    ['no PONG', [':1\r\n'], 'Unexpected reply to PING from the master: :1'],
    [
      'NOMASTERLINK',
      ['+PONG\r\n', '+OK\r\n+OK\r\n', "-NOMASTERLINK Can't SYNC while not connected with my master\r\n"],
      'Master is currently unable to PSYNC but should be in the future: -NOMASTERLINK',
    ],
    [
      'CONTINUE unasked',
      ['+PONG\r\n', '+OK\r\n+OK\r\n', '+CONTINUE\r\n'],
      'Unexpected reply to PSYNC from the master: +CONTINUE',
    ],
  ])('%s: says so and tries again in the next second', (_name, answers, text) => {
    const { replica, wire } = failing(answers);
    expect(last(replica, 'retry')?.reason).toContain(text);
    expect(logged(replica, text)).toBe(true);
    expect(wire.closed).toBe(true);
    expect(replica.wires).toHaveLength(1);
    expect(replica.info('master_link_status')).toBe('down');
    expect(replica.info('master_link_down_since_seconds')).toBe('-1');
    expect(replica.info('slave_repl_offset')).toBe('1');
    replica.seconds(1);
    expect(replica.wires).toHaveLength(2);
  });

  it('names a refused connection as Redis does', () => {
    const replica = scriptedReplica();
    replica
      .nextWire()
      .fail({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 10.0.0.5:6379', layer: 'connect' });
    expect(logged(replica, 'Error condition on socket for SYNC: Connection refused')).toBe(true);
  });

  it('wrong password: stops before anything is introduced', () => {
    const { replica } = failing(
      ['+PONG\r\n', '-WRONGPASS invalid username-password pair or user is disabled.\r\n'],
      { masterauth: 'wrong' },
    );
    expect(logged(replica, 'Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair')).toBe(true);
    expect(replica.log.join()).not.toContain("'wrong'");
  });

  it('no password where one is needed: passes over the refusals, falls back to SYNC and is refused there', () => {
    const noauth = '-NOAUTH Authentication required.\r\n';
    const { replica, wire } = failing([noauth, noauth + noauth, noauth]);
    expect(wire.sent.at(-1)).toBe('SYNC\r\n');
    wire.data(noauth);
    expect(last(replica, 'retry')?.reason).toContain(
      'MASTER aborted replication with an error: -NOAUTH Authentication required.',
    );
    expect(replica.info('master_link_status')).toBe('down');
  });

  it('gives up an answer that does not come after 5 s', () => {
    const { replica, wire } = failing([]);
    replica.clock.advance(4_999);
    expect(wire.closed).toBe(false);
    replica.clock.advance(1);
    expect(wire.closed).toBe(true);
    expect(logged(replica, 'Timeout: the master did not answer PING')).toBe(true);
  });

  it('waits for PSYNC as long as line feeds come', () => {
    const { replica, wire } = failing(['+PONG\r\n', '+OK\r\n+OK\r\n']);
    for (let i = 0; i < 20; i++) {
      replica.seconds(10);
      wire.data('\n');
    }
    expect(replica.info('master_sync_in_progress')).toBe('0');
    wire.data(`+FULLRESYNC ${MASTER_ID} 0\r\n`);
    expect(replica.info('master_sync_in_progress')).toBe('1');
    expect(replica.info('master_sync_total_bytes')).toBe('-1');
    replica.seconds(59);
    wire.data('\n');
    replica.seconds(59);
    expect(wire.closed).toBe(false);
    replica.seconds(2);
    expect(wire.closed).toBe(true);
    expect(logged(replica, 'Timeout receiving bulk data from MASTER')).toBe(true);
  });
});

describe('SYNC', () => {
  it('takes a snapshot without a position: no ACKs, and everything again the next time', () => {
    const replica = scriptedReplica();
    const wire = replica.handshake("-ERR unknown command 'PSYNC'\r\n");
    expect(wire.sent.splice(0).at(-1)).toBe('SYNC\r\n');
    wire.data(`$${ONE_KEY_RDB.length}\r\n${ONE_KEY_RDB}${command('SET', 'a', '1')}`);
    replica.seconds(3);
    expect(wire.sent).toEqual([]);
    expect(replica.connect().run('MGET old a')).toBe('*2\r\n$5\r\nvalue\r\n$1\r\n1\r\n');
    wire.end();
    expect(replica.handshake(`+FULLRESYNC ${MASTER_ID} 0\r\n`).sent[2]).toBe(command('PSYNC', '?', '-1'));
    // Also when it is we who end it.
    const second = scriptedReplica();
    second.handshake('-ERR no\r\n').data(`$${TINY_RDB.length}\r\n${TINY_RDB}`);
    second.connect().run('REPLICAOF 10.0.0.6 6379');
    expect(second.handshake('\n').sent[2]).toBe(command('PSYNC', '?', '-1'));
  });
});

describe('SYNC, positions', () => {
  it('counts from -1, and answers GETACK with that', () => {
    const replica = scriptedReplica();
    const wire = replica.handshake("-ERR unknown command 'PSYNC'\r\n");
    wire.data(`$${TINY_RDB.length}\r\n${TINY_RDB}`);
    wire.sent.splice(0);
    wire.data(command('SET', 'a', '1') + command('REPLCONF', 'GETACK', '*'));
    expect(wire.sent).toEqual([ack(26)]);
    expect(replica.info('slave_repl_offset')).toBe('63');
  });

  it('a FULLRESYNC whose offset is no number is followed without a position', () => {
    const replica = scriptedReplica();
    const wire = replica.handshake(`+FULLRESYNC ${MASTER_ID} 12abc\r\n$${TINY_RDB.length}\r\n${TINY_RDB}`);
    expect(replica.info('master_link_status')).toBe('up');
    wire.end();
    expect(replica.handshake('\n').sent[2]).toBe(command('PSYNC', '?', '-1'));
  });

  it('asks with the id as it was given, and takes any spelling of it', () => {
    const replica = scriptedReplica();
    const id = MASTER_ID.toUpperCase();
    replica.handshake(`+FULLRESYNC ${id} 5\r\n$${TINY_RDB.length}\r\n${TINY_RDB}`).end();
    expect(replica.info('master_replid')).toBe(id);
    const next = replica.handshake(`+CONTINUE ${id}\r\n`);
    expect(next.sent[2]).toBe(command('PSYNC', id, '6'));
    expect(replica.connect().run(`PSYNC ${MASTER_ID} 6`)).toBe('+CONTINUE\r\n');
  });
});

describe('a link that is lost', () => {
  it('comes back at once and asks to continue', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync(ONE_KEY_RDB, 500);
    wire.data(command('PING'));
    wire.end();
    expect(replica.info('master_link_status')).toBe('down');
    expect(replica.info('slave_repl_offset')).toBe('514');
    expect(replica.info('master_last_io_seconds_ago')).toBe('-1');
    replica.clock.runTurn();
    const next = replica.handshake(`+CONTINUE ${MASTER_ID}\r\n`);
    expect(next.sent[2]).toBe(command('PSYNC', MASTER_ID, '515'));
    expect(replica.info('master_link_status')).toBe('up');
    expect(replica.info('master_link_down_since_seconds')).toBeUndefined();
    expect(last(replica, 'partial-sync')).toMatchObject({ replid: MASTER_ID, offset: 514 });
    expect(last(replica, 'lost')?.reason).toBe('the master closed the connection');
  });

  it('tells how long it has been down', () => {
    const replica = scriptedReplica();
    replica.fullSync().end();
    replica.clock.runTurn();
    replica.nextWire().fail({ code: 'ECONNREFUSED', message: '', layer: 'connect' });
    replica.seconds(7);
    expect(replica.info('master_link_down_since_seconds')).toBe('7');
    // It belongs to the link that was up, not to the master that is named.
    replica.connect().run('REPLICAOF 10.0.0.6 6379');
    expect(replica.info('master_link_down_since_seconds')).toBe('7');
    replica.connect().run('REPLICAOF NO ONE');
    replica.connect().run('REPLICAOF 10.0.0.6 6379');
    expect(replica.info('master_link_down_since_seconds')).toBe('-1');
  });

  it('is given up after repl-timeout of silence', () => {
    const replica = scriptedReplica({ 'repl-timeout': '5' });
    const wire = replica.fullSync();
    replica.seconds(5);
    expect(wire.closed).toBe(false);
    replica.seconds(2);
    expect(wire.closed).toBe(true);
    expect(last(replica, 'lost')?.reason).toContain('no data nor PING');
  });

  it('takes the new id of a master that was promoted, and keeps the old one for its own replicas', () => {
    const replica = scriptedReplica();
    replica.fullSync(TINY_RDB, 500).end();
    replica.handshake(`+CONTINUE ${OTHER_ID.toUpperCase()}\r\n`);
    expect(replica.info('master_replid')).toBe(OTHER_ID.toUpperCase());
    expect(replica.info('master_replid2')).toBe(MASTER_ID);
    expect(replica.info('second_repl_offset')).toBe('501');
  });

  it('is taken up again after CLIENT KILL', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync(TINY_RDB, 3);
    expect(replica.connect().run('CLIENT KILL TYPE master')).toBe(':1\r\n');
    expect(wire.closed).toBe(true);
    expect(replica.handshake('\n').sent[2]).toBe(command('PSYNC', MASTER_ID, '4'));
  });
});

describe('a partial resync that is refused', () => {
  /** The replica stood at 1000; the master answers with another full sync and `sideAnswer` to INFO. */
  const refused = (given: string, sideAnswer: string | undefined) => {
    const replica = scriptedReplica({ masterauth: 'secret' });
    const first = replica.nextWire();
    const introduce = (wire: typeof first) => {
      wire.open();
      wire.data('+PONG\r\n');
      wire.data('+OK\r\n+OK\r\n+OK\r\n');
    };
    introduce(first);
    first.data(`+FULLRESYNC ${MASTER_ID} 1000\r\n$${TINY_RDB.length}\r\n${TINY_RDB}`);
    first.end();
    const second = replica.nextWire();
    introduce(second);
    expect(second.sent[2]).toBe(command('PSYNC', MASTER_ID, '1001'));
    second.data(`+FULLRESYNC ${given} 9000\r\n$${TINY_RDB.length}\r\n${TINY_RDB}`);
    const side = replica.nextWire();
    side.open();
    if (sideAnswer !== undefined) {
      expect(side.sent).toEqual([command('AUTH', 'secret')]);
      side.data('+OK\r\n');
      expect(side.sent[1]).toBe(command('INFO', 'replication'));
      side.data(sideAnswer);
      expect(side.closed).toBe(true);
    } else replica.seconds(2);
    expect(replica.info('master_link_status')).toBe('up');
    const kinds = replica.events.map((event) => event.kind);
    expect(kinds.lastIndexOf('full-sync')).toBeLessThan(kinds.lastIndexOf('snapshot-done'));
    const reason = last(replica, 'full-sync')?.reason;
    expect(logged(replica, `Partial resynchronization not accepted by the master: ${reason}`)).toBe(true);
    return reason;
  };

  it.each([
    [
      'the backlog begins later',
      MASTER_ID,
      { repl_backlog_first_byte_offset: 98_000_001, repl_backlog_histlen: 1000 },
      "the master's backlog starts at 98,000,001; we asked for 1,001",
    ],
    [
      'the master has less than we',
      MASTER_ID,
      { repl_backlog_first_byte_offset: 1, repl_backlog_histlen: 900 },
      "the master's backlog ends at 900; we asked for 1,001",
    ],
    [
      'another history',
      OTHER_ID,
      { master_replid: OTHER_ID, repl_backlog_first_byte_offset: 1 },
      `the master's replication id is different: it is ${OTHER_ID}, we asked for ${MASTER_ID}`,
    ],
    [
      'its history left ours',
      OTHER_ID,
      { master_replid: OTHER_ID, master_replid2: MASTER_ID, second_repl_offset: 801 },
      "the master's history left ours at 801; we asked for 1,001",
    ],
    [
      'its previous history is ours, but out of reach',
      OTHER_ID,
      {
        master_replid: OTHER_ID,
        master_replid2: MASTER_ID,
        second_repl_offset: 2000,
        repl_backlog_first_byte_offset: 1500,
        repl_backlog_histlen: 500,
      },
      "the master's backlog starts at 1,500; we asked for 1,001",
    ],
    [
      'no backlog',
      MASTER_ID,
      { repl_backlog_active: 0, repl_backlog_first_byte_offset: 0 },
      'the master keeps no backlog',
    ],
  ])('%s', (_name, given, fields, reason) => {
    expect(refused(given, info(fields))).toBe(reason);
  });

  it('is told without the reason when the master does not answer INFO', () => {
    expect(refused(MASTER_ID, undefined)).toBe("the master's backlog does not hold 1,001");
    expect(refused(OTHER_ID, undefined)).toContain("the master's replication id is different");
    expect(refused(MASTER_ID, "-NOPERM User rep has no permissions to run the 'info' command\r\n")).toBe(
      "the master's backlog does not hold 1,001",
    );
  });
});

describe('a snapshot that does not come whole', () => {
  const half = ONE_KEY_RDB.length - 12;

  /** A replica with `a` = `1` at offset 127, disconnected, whose next full sync is under way. */
  const resyncing = (header: string, directives = {}) => {
    const replica = scriptedReplica(directives);
    replica.fullSync(TINY_RDB, 100).data(command('SET', 'a', '1'));
    replica.wires[0].end();
    const wire = replica.handshake(`+FULLRESYNC ${OTHER_ID} 9000\r\n${header}`);
    replica.nextWire().fail({ code: 'ECONNREFUSED', message: '', layer: 'connect' });
    return { replica, wire };
  };

  it.each([
    ['length', `$${ONE_KEY_RDB.length}\r\n`],
    ['EOF', `$EOF:${'e'.repeat(40)}\r\n`],
  ])('%s form: the master vanishes, the old data stays and is served', (_form, header) => {
    const { replica, wire } = resyncing(header);
    const client = replica.connect();
    wire.data(ONE_KEY_RDB.slice(0, half));
    expect(client.run('MGET a old')).toBe('*2\r\n$1\r\n1\r\n$-1\r\n');
    expect(replica.info('master_sync_in_progress')).toBe('1');
    expect(replica.info('master_sync_read_bytes')).toBe(String(half));
    // Nothing of the old position is given up before the new data is whole.
    expect(replica.info('slave_repl_offset')).toBe('127');
    expect(replica.info('slave_read_repl_offset')).toBe('127');
    wire.end();
    expect(client.run('MGET a old')).toBe('*2\r\n$1\r\n1\r\n$-1\r\n');
    expect(last(replica, 'retry')?.reason).toBe(
      `the master closed the connection after ${half} bytes of the snapshot`,
    );
    expect(replica.info('master_sync_in_progress')).toBe('0');
    expect(replica.info('master_replid')).toBe(MASTER_ID);
    // What we have is still at its old position.
    expect(replica.handshake('\n').sent[2]).toBe(command('PSYNC', MASTER_ID, '128'));
  });

  it('refuses reads meanwhile and afterwards when replica-serve-stale-data is off', () => {
    const { replica, wire } = resyncing(`$${ONE_KEY_RDB.length}\r\n`, { 'replica-serve-stale-data': 'no' });
    const down = "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n";
    const client = replica.connect();
    expect(client.run('GET a')).toBe(down);
    wire.data(ONE_KEY_RDB.slice(0, half));
    expect(client.run('GET a')).toBe(down);
    expect(client.run('PING')).toBe(down);
    wire.data(ONE_KEY_RDB.slice(half));
    expect(client.run('GET old')).toBe('$5\r\nvalue\r\n');
    wire.end();
    expect(client.run('GET old')).toBe(down);
    client.run('CONFIG SET replica-serve-stale-data yes');
    expect(client.run('GET old')).toBe('$5\r\nvalue\r\n');
  });

  it.each([
    [
      'a byte is wrong',
      'REDIS0009\xfe\x00\x00\x03old\x05value\xff\x01\x02\x03\x04\x05\x06\x07\x08',
      /checksum/i,
    ],
    ['it ends too early', 'REDIS0009\xfe\x00\x00\x03ol', /damaged|ends before/],
    ['it is too long', `${TINY_RDB}x`, /bytes follow the end/],
    ['it is no RDB', 'RUBBISH__' + 'x'.repeat(20), /snapshot cannot be loaded/],
  ])('damaged (%s): the old data stays, it is asked for again', (_name, rdb, reason) => {
    const { replica, wire } = resyncing(`$${rdb.length}\r\n`);
    wire.data(rdb);
    expect(last(replica, 'retry')?.reason).toMatch(reason);
    expect(wire.closed).toBe(true);
    expect(replica.connect().run('GET a')).toBe('$1\r\n1\r\n');
    expect(replica.handshake('\n').sent[2]).toContain('PSYNC');
  });

  it('an error in its place is told', () => {
    const { replica, wire } = resyncing('');
    wire.data("-ERR BGSAVE failed, replication can't continue\r\n");
    expect(last(replica, 'retry')?.reason).toContain("-ERR BGSAVE failed, replication can't continue");
  });

  it('something else in its place is a protocol fault', () => {
    const { replica, wire } = resyncing('');
    wire.data('+PONG\r\n');
    expect(last(replica, 'retry')?.reason).toContain("must begin with '$'");
  });
});

describe('what cannot be applied', () => {
  const stopped = (replica: ScriptedReplica, reason: RegExp) => {
    expect(last(replica, 'stopped')?.reason).toMatch(reason);
    expect(replica.log.some((line) => line.startsWith('warning') && reason.test(line))).toBe(true);
    expect(replica.info('master_link_status')).toBe('down');
    expect(replica.connect().run('ROLE')).toContain('connect');
    const before = replica.wires.length;
    replica.seconds(10);
    expect(replica.wires).toHaveLength(before);
    expect(replica.info('master_link_down_since_seconds')).toMatch(/^(10|-1)$/);
  };

  it('an unknown command stops the replica there; REPLICAOF begins anew', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync(ONE_KEY_RDB, 1000);
    wire.data(command('SET', 'a', '1') + command('FROBNICATE', 'a') + command('SET', 'a', '2'));
    stopped(replica, /command 'FROBNICATE' at replication offset 1027 .*unknown command/);
    expect(wire.closed).toBe(true);
    const client = replica.connect();
    expect(client.run('MGET a old')).toBe('*2\r\n$1\r\n1\r\n$5\r\nvalue\r\n');
    expect(replica.info('slave_repl_offset')).toBe('1027');
    expect(client.run('REPLICAOF 10.0.0.5 6379')).toBe('+OK\r\n');
    const next = replica.handshake(`+FULLRESYNC ${MASTER_ID} 2000\r\n`);
    expect(next.sent[2]).toBe(command('PSYNC', '?', '-1'));
    expect(last(replica, 'full-sync')?.reason).toContain("replication had stopped: the command 'FROBNICATE'");
    next.data(`$${TINY_RDB.length}\r\n${TINY_RDB}`);
    expect(replica.info('master_link_status')).toBe('up');
    expect(client.run('DBSIZE')).toBe(':0\r\n');
  });

  it('an unknown command inside MULTI leaves the data as before it', () => {
    const replica = scriptedReplica();
    replica
      .fullSync()
      .data(command('MULTI') + command('SET', 'a', '1') + command('FROBNICATE') + command('EXEC'));
    stopped(replica, /'FROBNICATE' at replication offset 42 /);
    expect(replica.connect().run('GET a')).toBe('$-1\r\n');
    expect(replica.info('slave_repl_offset')).toBe('0');
  });

  it.each([
    ['an option that we do not know', command('SET', 'a', '1', 'IFEQ', 'x'), /command 'SET' .*syntax error/],
    ['another number of arguments', command('GET', 'a', 'b'), /command 'GET' .*wrong number of arguments/],
  ])('%s stops it as well', (_name, wire, reason) => {
    const replica = scriptedReplica();
    replica.fullSync().data(wire);
    stopped(replica, reason);
  });

  it('a type of the snapshot that we cannot read is named with the version, and the old data stays', () => {
    const replica = scriptedReplica();
    replica.fullSync(ONE_KEY_RDB).end();
    const newer = 'REDIS0012\xfa\x09redis-ver\x058.0.0\xfe\x00\x1a\x01k\x01v\xff\0\0\0\0\0\0\0\0';
    replica.handshake(`+FULLRESYNC ${OTHER_ID} 0\r\n$${newer.length}\r\n${newer}`);
    replica.nextWire().fail({ code: 'ECONNREFUSED', message: '', layer: 'connect' });
    expect(last(replica, 'stopped')?.reason).toMatch(/encoding type 26 .*key "k"/);
    expect(last(replica, 'stopped')?.reason).toContain('made by redis 8.0.0');
    expect(replica.connect().run('GET old')).toBe('$5\r\nvalue\r\n');
    expect(replica.info('master_link_status')).toBe('down');
    const before = replica.wires.length;
    replica.seconds(5);
    expect(replica.wires).toHaveLength(before);
  });

  it('a database that we do not have stops it: what follows would land in another one', () => {
    const replica = scriptedReplica({ databases: '4' });
    replica.fullSync().data(command('SELECT', '4') + command('SET', 'a', '1'));
    stopped(replica, /command 'SELECT' .*DB index is out of range/);
    expect(replica.connect().run('DBSIZE')).toBe(':0\r\n');
    const second = scriptedReplica({ databases: '4' });
    second.fullSync('REDIS0009\xfa\x0erepl-stream-db\x014\xff\0\0\0\0\0\0\0\0');
    stopped(second, /database 4.*databases/);
  });

  it('a transaction of which a part was applied leaves no position behind', () => {
    const replica = scriptedReplica();
    const set = command('SET', 'a', '1') + command('SET', 'b', '1', 'IFEQ', 'x');
    replica.fullSync(TINY_RDB, 10).data(command('PING') + command('MULTI') + set + command('EXEC'));
    stopped(replica, /command 'EXEC' .*syntax error.* part of the transaction/);
    expect(replica.info('slave_repl_offset')).toBe('1');
    replica.connect().run('SAVE');
    const file = [...replica.disk.files.values()].map((bytes) => bytes.toString('latin1')).join();
    expect(file).not.toContain('repl-offset');
  });

  it.each([
    ['behind', (fatal: string, harmless: string) => fatal + harmless],
    ['in front of', (fatal: string, harmless: string) => harmless + fatal],
  ])('stops it also when EXEC meets an error of another kind %s it', (_where, both) => {
    const replica = scriptedReplica();
    const list = 'REDIS0009\xfe\x00\x01\x04list\x01\x01a\xff\0\0\0\0\0\0\0\0';
    const commands = both(command('SET', 'b', '1', 'IFEQ', 'x'), command('INCR', 'list'));
    replica.fullSync(list).data(command('MULTI') + commands + command('EXEC'));
    stopped(replica, /command 'EXEC' .*\(ERR syntax error\)/);
  });

  it('an error that only says that data differ is logged, and the stream goes on', () => {
    const replica = scriptedReplica({ 'replica-read-only': 'no' });
    const wire = replica.fullSync();
    replica.connect().run('SET n text');
    wire.data(command('INCR', 'n') + command('SET', 'a', '1'));
    expect(
      logged(
        replica,
        "== CRITICAL == This replica is sending an error to its master: 'ERR value is not an integer",
      ),
    ).toBe(true);
    expect(replica.info('master_link_status')).toBe('up');
    expect(replica.info('slave_repl_offset')).toBe('48');
  });

  it('bytes that are no commands make it ask for everything', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync(TINY_RDB, 50);
    wire.data(command('SET', 'a', '1') + 'SET a 2\r\n');
    expect(last(replica, 'lost')?.reason).toContain('at replication offset 77');
    expect(replica.info('master_link_down_since_seconds')).toBe('0');
    expect(replica.handshake('\n').sent[2]).toBe(command('PSYNC', '?', '-1'));
  });
});

describe('while a snapshot comes', () => {
  it('answers PING and reads as before, and tells the master once a second that it lives', () => {
    const replica = scriptedReplica();
    const wire = replica.handshake(`+FULLRESYNC ${MASTER_ID} 0\r\n$${ONE_KEY_RDB.length}\r\n`);
    replica.sent(wire);
    wire.data(ONE_KEY_RDB.slice(0, 20));
    const client = replica.connect();
    expect(client.run('PING')).toBe('+PONG\r\n');
    expect(client.run('GET old')).toBe('$-1\r\n');
    expect(replica.info('loading')).toBe('0');
    replica.seconds(3);
    expect(replica.sent(wire)).toBe('\n\n\n');
    expect(client.run('REPLICAOF NO ONE')).toBe('+OK\r\n');
    expect(wire.closed).toBe(true);
  });

  it('answers LOADING with repl-diskless-load on-empty-db and nothing to serve', () => {
    const replica = scriptedReplica({ 'repl-diskless-load': 'on-empty-db' });
    const wire = replica.handshake(`+FULLRESYNC ${MASTER_ID} 0\r\n$${ONE_KEY_RDB.length}\r\n`);
    wire.data(ONE_KEY_RDB.slice(0, 20));
    const client = replica.connect();
    expect(client.run('PING')).toBe('-LOADING Redis is loading the dataset in memory\r\n');
    expect(replica.info('loading')).toBe('1');
    wire.data(ONE_KEY_RDB.slice(20));
    expect(client.run('GET old')).toBe('$5\r\nvalue\r\n');
    expect(replica.info('loading')).toBe('0');
  });

  it('does not let sub-replicas attach', () => {
    const replica = scriptedReplica();
    replica.handshake(`+FULLRESYNC ${MASTER_ID} 0\r\n$${ONE_KEY_RDB.length}\r\n`);
    expect(replica.connect().run('PSYNC ? -1')).toBe(
      "-NOMASTERLINK Can't SYNC while not connected with my master\r\n",
    );
  });
});

describe('a change of roles', () => {
  it('a promoted replica begins a history that continues the old one', () => {
    const replica = scriptedReplica();
    replica.fullSync(TINY_RDB, 100).data(command('SET', 'a', '1'));
    const client = replica.connect();
    expect(client.run('REPLICAOF NO ONE')).toBe('+OK\r\n');
    expect(replica.info('role')).toBe('master');
    expect(replica.info('master_replid2')).toBe(MASTER_ID);
    expect(replica.info('second_repl_offset')).toBe('128');
    expect(replica.wires[0].closed).toBe(true);
    expect(client.run(`PSYNC ${MASTER_ID} 128`)).toMatch(/^\+CONTINUE\r\n/);
    // A sub-replica that was left behind by a byte continues as well; one that is ahead does not.
    expect(replica.connect().run(`PSYNC ${MASTER_ID} 101`)).toBe(`+CONTINUE\r\n${command('SET', 'a', '1')}`);
    expect(replica.connect().run(`PSYNC ${MASTER_ID} 129`)).not.toContain('CONTINUE');
  });

  /** A server that follows nobody and never did anything as a master. */
  const nobodys = () => {
    const server = scriptedReplica();
    server.connect().run('REPLICAOF NO ONE');
    server.wires.splice(0);
    return server;
  };

  it('a server that was nobody’s asks to continue its own history, and keeps a backlog once it may', () => {
    const replica = nobodys();
    const client = replica.connect();
    const id = replica.info('master_replid')!;
    client.run('SET own 1');
    expect(client.run('REPLICAOF 10.0.0.6 6379')).toBe('+OK\r\n');
    expect(replica.info('slave_repl_offset')).toBe('0');
    expect(replica.info('repl_backlog_active')).toBe('0');
    const wire = replica.handshake(`+CONTINUE ${OTHER_ID}\r\n`);
    expect(wire.sent[2]).toBe(command('PSYNC', id, '1'));
    expect(replica.info('repl_backlog_active')).toBe('1');
    wire.data(command('SELECT', '0') + command('SET', 'a', '1'));
    expect(client.run('MGET own a')).toBe('*2\r\n$1\r\n1\r\n$1\r\n1\r\n');
    expect(client.run(`PSYNC ${OTHER_ID} 1`)).toContain('+CONTINUE');
  });

  it('that its history is its own alone needs no second connection to be explained', () => {
    const replica = nobodys();
    replica.connect().run('REPLICAOF 10.0.0.6 6379');
    replica.handshake(`+FULLRESYNC ${MASTER_ID} 0\r\n$${TINY_RDB.length}\r\n${TINY_RDB}`);
    expect(replica.info('master_link_status')).toBe('up');
    expect(replica.wires).toHaveLength(1);
    expect(last(replica, 'full-sync')?.reason).toBe('no replication id of ours yet');
  });

  it('ROLE tells the states of the link apart', () => {
    const replica = scriptedReplica();
    const client = replica.connect();
    const state = () => /\$\d+\r\n(none|connect\w*|handshake|sync)\r\n/.exec(client.run('ROLE'))?.[1];
    const wire = replica.nextWire();
    expect(state()).toBe('connecting');
    wire.open();
    expect(state()).toBe('handshake');
    for (const line of ['+PONG\r\n', '+OK\r\n+OK\r\n']) wire.data(line);
    expect(state()).toBe('handshake');
    wire.data(`+FULLRESYNC ${MASTER_ID} 0\r\n`);
    expect(state()).toBe('sync');
    wire.data(`$${TINY_RDB.length}\r\n${TINY_RDB}`);
    expect(state()).toBe('connected');
    // In the turn of REPLICAOF itself it connects already.
    expect(client.send(command('REPLICAOF', '10.0.0.6', '6379') + command('ROLE'))).toContain(
      '\r\n$10\r\nconnecting\r\n:-1\r\n',
    );
    replica.nextWire().fail({ code: 'ECONNREFUSED', message: '', layer: 'connect' });
    expect(state()).toBe('connect');
  });

  it('a promoted replica keeps its backlog for repl-backlog-ttl from then on', () => {
    const replica = scriptedReplica({ 'repl-backlog-ttl': '60', 'repl-timeout': '10000' });
    replica.fullSync(TINY_RDB, 100);
    replica.seconds(600);
    replica.connect().run('REPLICAOF NO ONE');
    replica.seconds(50);
    expect(replica.info('repl_backlog_active')).toBe('1');
    replica.seconds(20);
    expect(replica.info('repl_backlog_active')).toBe('0');
  });

  it('a demoted master asks to continue its own history, keeps its replicas, and sends blocked clients away', () => {
    const replica = scriptedReplica();
    replica.fullSync(TINY_RDB, 100);
    const client = replica.connect();
    client.run('REPLICAOF NO ONE');
    const id = replica.info('master_replid')!;
    const sub = replica.connect();
    expect(sub.run(`PSYNC ${id} 101`)).toBe('+CONTINUE\r\n');
    client.run('SET mine 1');
    const waiting = replica.connect();
    expect(waiting.run('WAIT 3 0')).toBe('');
    expect(client.run('REPLICAOF 10.0.0.6 6379')).toBe('+OK\r\n');
    expect(waiting.read()).toBe(
      '-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n',
    );
    expect(waiting.wire.closed).toBe(true);
    expect(sub.wire.closed).toBe(false);
    sub.read();
    const offset = Number(replica.info('master_repl_offset'));
    const wire = replica.handshake(`+CONTINUE ${id}\r\n`);
    expect(wire.sent[2]).toBe(command('PSYNC', id, String(offset + 1)));
    wire.data(command('PING'));
    expect(sub.read()).toBe(command('PING'));
    expect(sub.wire.closed).toBe(false);
  });

  it('sub-replicas are dropped when the history becomes another', () => {
    const replica = scriptedReplica();
    replica.fullSync(TINY_RDB, 100).data(command('SET', 'a', '1'));
    const sub = replica.connect();
    sub.run(`PSYNC ${MASTER_ID} 101`);
    replica.wires[0].end();
    replica.clock.runTurn();
    expect(sub.wire.closed).toBe(false);
    replica.handshake(`+CONTINUE ${OTHER_ID}\r\n`);
    expect(sub.wire.closed).toBe(true);
    const back = replica.connect();
    expect(back.run(`PSYNC ${MASTER_ID} 128`)).toMatch(/^\+CONTINUE/);
  });

  it('REPLICAOF of the same master does nothing', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync();
    expect(replica.connect().run('REPLICAOF 10.0.0.5 6379')).toBe(
      '+OK Already connected to specified master\r\n',
    );
    expect(wire.closed).toBe(false);
    expect(ack(0)).toBe('*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n');
  });

  it('a snapshot for the disk that is under way keeps the data that it began with', () => {
    const replica = scriptedReplica({ 'rdb-key-save-delay': '1000' });
    replica.fullSync(ONE_KEY_RDB).end();
    const wire = replica.handshake(`+FULLRESYNC ${OTHER_ID} 0\r\n`);
    replica.nextWire().fail({ code: 'ECONNREFUSED', message: '', layer: 'connect' });
    const client = replica.connect();
    expect(client.run('BGSAVE')).toBe('+Background saving started\r\n');
    wire.data(`$${TINY_RDB.length}\r\n${TINY_RDB}`);
    expect(client.run('DBSIZE')).toBe(':0\r\n');
    replica.seconds(2);
    expect(replica.info('rdb_bgsave_in_progress')).toBe('0');
    const file = [...replica.disk.files.values()].map((bytes) => bytes.toString('latin1')).join();
    expect(file).toContain('\x03old\x05value');
  });
});
