import { describe, expect, it } from 'vitest';
import { ack, command, MASTER_ID, ONE_KEY_RDB, scriptedReplica } from '../../../support/scripted-master.js';

const SET_A = '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n'; // 27 bytes
const PING = '*1\r\n$4\r\nPING\r\n'; // 14 bytes
const GETACK = '*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n'; // 37 bytes
const MULTI = '*1\r\n$5\r\nMULTI\r\n'; // 15 bytes
const EXEC = '*1\r\n$4\r\nEXEC\r\n'; // 14 bytes

describe('handshake', () => {
  it('sends PING, waits, introduces itself in one segment, asks for everything', () => {
    const replica = scriptedReplica({ 'replica-announce-port': '6380' });
    const wire = replica.nextWire();
    wire.open();
    expect(wire.sent).toEqual(['*1\r\n$4\r\nPING\r\n']);
    wire.data('+PO');
    expect(wire.sent).toHaveLength(1);
    wire.data('NG\r\n');
    expect(wire.sent[1]).toBe(
      '*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$4\r\n6380\r\n' +
        '*5\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n$4\r\ncapa\r\n$6\r\npsync2\r\n',
    );
    wire.data('+OK\r\n');
    expect(wire.sent).toHaveLength(2);
    wire.data('+OK\r\n');
    expect(wire.sent.slice(2)).toEqual(['*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n']);
  });

  it('logs in, and announces its address and port', () => {
    const replica = scriptedReplica({
      masteruser: 'rep',
      masterauth: 'secret',
      'replica-announce-ip': 'example.org',
      'replica-announce-port': '7000',
    });
    const wire = replica.nextWire();
    wire.open();
    wire.data('+PONG\r\n');
    expect(wire.sent[1]).toBe(
      command('AUTH', 'rep', 'secret') +
        command('REPLCONF', 'listening-port', '7000') +
        command('REPLCONF', 'ip-address', 'example.org') +
        command('REPLCONF', 'capa', 'eof', 'capa', 'psync2'),
    );
    wire.data('+OK\r\n+OK\r\n+OK\r\n+OK\r\n');
    wire.data(`+FULLRESYNC ${MASTER_ID} 0\r\n`);
    expect(replica.events.find((event) => event.kind === 'handshake')).toMatchObject({
      steps: [
        'PING',
        'AUTH rep (hidden)',
        'REPLCONF listening-port 7000',
        'REPLCONF ip-address example.org',
        'REPLCONF capa eof capa psync2',
        'PSYNC ? -1',
      ],
    });
  });
});

describe('the stream', () => {
  it('brings messages to the clients of the replica, and what it changes to those that track it', () => {
    const replica = scriptedReplica({ 'notify-keyspace-events': 'K$' });
    const wire = replica.fullSync();
    const [subscriber, tracker] = [replica.connect(), replica.connect()];
    subscriber.run('SUBSCRIBE c __keyspace@0__:a');
    subscriber.run('SSUBSCRIBE c');
    tracker.run('HELLO 3');
    tracker.run('CLIENT TRACKING on');
    tracker.run('GET a');
    wire.data(MULTI + command('PUBLISH', 'c', 'hi') + SET_A + command('SPUBLISH', 'c', 'ho') + EXEC);
    expect(subscriber.read()).toBe(
      '*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n' +
        '*3\r\n$7\r\nmessage\r\n$16\r\n__keyspace@0__:a\r\n$3\r\nset\r\n' +
        '*3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$2\r\nho\r\n',
    );
    expect(tracker.read()).toBe('>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n');
  });

  it('answers GETACK with the offset before it, and nothing else', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync();
    replica.sent(wire);
    wire.data(GETACK);
    expect(replica.sent(wire)).toBe('*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n');
    wire.data(PING);
    wire.data(GETACK);
    expect(replica.sent(wire)).toBe('*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$2\r\n51\r\n');
    wire.data(SET_A + SET_A + GETACK);
    replica.clock.runTurn();
    expect(replica.sent(wire)).toBe(ack(51 + 37 + 54));
  });

  it('takes commands that share a segment with the snapshot', () => {
    const replica = scriptedReplica();
    const wire = replica.handshake(
      `+FULLRESYNC ${MASTER_ID} 100\r\n$${ONE_KEY_RDB.length}\r\n${ONE_KEY_RDB}${SET_A}${GETACK}`,
    );
    expect(replica.sent(wire).endsWith(ack(127))).toBe(true);
    const client = replica.connect();
    expect(client.run('GET a')).toBe('$1\r\n1\r\n');
    expect(client.run('GET old')).toBe('$5\r\nvalue\r\n');
    expect(replica.info('master_repl_offset')).toBe('164');
  });

  it.each([
    ['CLIENT PAUSE 100 WRITE', 14],
    ['CLIENT PAUSE 100 ALL', 0],
  ])('is read and not applied during %s; what does not write passes a pause of writes', (pause, passed) => {
    const replica = scriptedReplica();
    const wire = replica.fullSync();
    const client = replica.connect();
    const progress = () => replica.replication.follower.streamProgress;
    expect(client.run(pause)).toBe('+OK\r\n');
    wire.data(`${PING}\n${SET_A}${command('SET', 'b', '2')}`);
    wire.data(PING + SET_A.slice(0, 9));
    replica.clock.runTurn();
    expect(progress()).toMatchObject({ offset: passed, readOffset: 92 });
    replica.clock.advance(100);
    replica.clock.runTurn();
    expect(client.run('MGET a b')).toBe('*2\r\n$1\r\n1\r\n$1\r\n2\r\n');
    expect(progress()).toMatchObject({ offset: 83, readOffset: 92 });
    wire.data(SET_A.slice(9));
    expect(progress()).toMatchObject({ offset: 110, readOffset: 110 });
  });

  it('is passed on as it came when a pause is over, and held back again by the next one', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync();
    const [client, sub] = [replica.connect(), replica.connect()];
    sub.send('PSYNC ? -1\r\n');
    replica.seconds(1);
    sub.read();
    client.run('CLIENT PAUSE 100000 WRITE');
    wire.data(MULTI + SET_A + EXEC + PING);
    replica.clock.runTurn();
    expect(replica.info('slave_repl_offset')).toBe('0');
    client.send('CLIENT UNPAUSE\r\nCLIENT PAUSE 100000 WRITE\r\n');
    replica.clock.runTurn();
    expect(replica.info('slave_repl_offset')).toBe('0');
    expect(sub.read()).toBe('');
    client.run('CLIENT UNPAUSE');
    replica.clock.runTurn();
    expect(replica.info('slave_repl_offset')).toBe('70');
    expect(sub.read()).toBe(MULTI + SET_A + EXEC + PING);
  });

  it('is asked for again from where it was held back when the link is lost during a pause', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync();
    const client = replica.connect();
    client.run('CLIENT PAUSE 100000 WRITE');
    wire.data(PING + SET_A);
    replica.clock.runTurn();
    expect(replica.info('blocked_clients')).toBe('1');
    wire.end();
    expect(replica.info('blocked_clients')).toBe('0');
    client.run('CLIENT UNPAUSE');
    replica.clock.runTurn();
    expect(client.run('EXISTS a')).toBe(':0\r\n');
    const next = replica.handshake(`+CONTINUE ${MASTER_ID}\r\n`);
    expect(next.sent[2]).toBe(command('PSYNC', MASTER_ID, '15'));
    next.data(SET_A);
    expect(client.run('EXISTS a')).toBe(':1\r\n');
  });

  it('is applied whatever way it is cut', () => {
    const text = SET_A + MULTI + SET_A + EXEC + PING + command('SELECT', '3') + command('SET', 'b', '\r\n$1');
    for (let size = 1; size < 12; size++) {
      const replica = scriptedReplica();
      const wire = replica.fullSync();
      for (let i = 0; i < text.length; i += size) wire.data(text.slice(i, i + size));
      replica.clock.runTurn();
      expect(replica.info('slave_repl_offset')).toBe(String(text.length));
      const client = replica.connect();
      expect(client.run('SELECT 3')).toBe('+OK\r\n');
      expect(client.run('GET b')).toBe('$4\r\n\r\n$1\r\n');
    }
  });

  it('counts line feeds between commands with the command after them', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync();
    wire.data(SET_A + '\n\n');
    expect(replica.info('slave_repl_offset')).toBe('27');
    expect(replica.info('slave_read_repl_offset')).toBe('29');
    wire.data('\n' + PING);
    expect(replica.info('slave_repl_offset')).toBe('44');
    expect(replica.info('slave_read_repl_offset')).toBe('44');
  });

  it('acknowledges once a second, the first time a second after the sync, never in between', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync();
    replica.sent(wire);
    replica.clock.advance(999);
    expect(wire.sent).toEqual([]);
    replica.clock.advance(1);
    expect(replica.sent(wire)).toBe(ack(0));
    wire.data(SET_A);
    replica.clock.advance(999);
    expect(wire.sent).toEqual([]);
    replica.clock.advance(2001);
    expect(replica.sent(wire)).toBe(ack(27) + ack(27) + ack(27));
  });

  it('acknowledges at once when the snapshot came in the EOF form', () => {
    const replica = scriptedReplica();
    const mark = 'f'.repeat(40);
    const wire = replica.handshake(`+FULLRESYNC ${MASTER_ID} 7\r\n`);
    replica.sent(wire);
    wire.data(`\n\n$EOF:${mark}\r\n${ONE_KEY_RDB}${mark.slice(0, 13)}`);
    expect(replica.info('master_sync_total_bytes')).toBe('0');
    expect(replica.info('master_sync_left_bytes')).toMatch(/^-\d+$/);
    wire.data(mark.slice(13));
    expect(replica.sent(wire)).toBe(ack(7));
    expect(replica.connect().run('GET old')).toBe('$5\r\nvalue\r\n');
  });

  it('applies MULTI and EXEC as one: readers see all of it or nothing, the offset stands still inside', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync();
    const client = replica.connect();
    replica.sent(wire);
    wire.data(MULTI + command('SET', 'x', '1') + command('SET', 'y', '2'));
    expect(client.run('MGET x y')).toBe('*2\r\n$-1\r\n$-1\r\n');
    expect(replica.info('slave_repl_offset')).toBe('0');
    expect(replica.info('slave_read_repl_offset')).toBe('69');
    replica.seconds(1);
    expect(replica.sent(wire)).toBe(ack(0));
    wire.data(EXEC);
    expect(client.run('MGET x y')).toBe('*2\r\n$1\r\n1\r\n$1\r\n2\r\n');
    expect(replica.info('slave_repl_offset')).toBe('83');
    replica.seconds(1);
    expect(replica.sent(wire)).toBe(ack(83));
  });

  it('continues before a transaction that the link did not finish', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync();
    wire.data(SET_A + MULTI + command('SELECT', '4') + SET_A);
    wire.end();
    const next = replica.handshake(`+CONTINUE ${MASTER_ID}\r\n`);
    expect(next.sent[2]).toBe(command('PSYNC', MASTER_ID, '28'));
    next.data(command('SET', 'db', '0'));
    expect(replica.connect().run('GET db')).toBe('$1\r\n0\r\n');
  });

  it('never answers the master, whatever it sends', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync();
    replica.sent(wire);
    wire.data(command('GET', 'a') + command('INFO'));
    // What comes to it later, as a message of a channel would.
    const master = [...replica.engine.clients.list()].find((session) => session.type === 'master')!;
    master.reply.simple('late');
    master.wrote();
    replica.clock.runTurn();
    expect(replica.sent(wire)).toBe('');
    expect(replica.info('master_link_status')).toBe('up');
  });

  it('stays in the database of the stream across a partial resync', () => {
    const replica = scriptedReplica();
    replica.fullSync().data(command('SELECT', '5') + SET_A);
    replica.wires[0].end();
    const next = replica.handshake('+CONTINUE\r\n');
    next.data(command('SET', 'b', '2'));
    const client = replica.connect();
    client.run('SELECT 5');
    expect(client.run('MGET a b')).toBe('*2\r\n$1\r\n1\r\n$1\r\n2\r\n');
  });

  it('takes the database that the snapshot names', () => {
    const rdb = 'REDIS0009\xfa\x0erepl-stream-db\x019\xff\0\0\0\0\0\0\0\0';
    const replica = scriptedReplica();
    replica.fullSync(rdb).data(SET_A);
    const client = replica.connect();
    client.run('SELECT 9');
    expect(client.run('GET a')).toBe('$1\r\n1\r\n');
  });
});

describe('reads on a replica', () => {
  it('hides keys whose time is over and leaves their deletion to the master', () => {
    const replica = scriptedReplica();
    const wire = replica.fullSync();
    const client = replica.connect();
    wire.data(command('SET', 'k', 'v', 'PXAT', String(replica.clock.nowMs() + 1000)));
    expect(client.run('GET k')).toBe('$1\r\nv\r\n');
    replica.seconds(3);
    expect(client.run('GET k')).toBe('$-1\r\n');
    expect(client.run('EXISTS k')).toBe(':0\r\n');
    expect(client.run('DBSIZE')).toBe(':1\r\n');
    expect(client.run('RANDOMKEY').length).toBeGreaterThan(0);
    // The master's own commands see it: APPEND finds the value that the master still had.
    wire.data(command('APPEND', 'k', 'w') + command('PERSIST', 'k'));
    expect(client.run('GET k')).toBe('$2\r\nvw\r\n');
    wire.data(command('DEL', 'k'));
    expect(client.run('DBSIZE')).toBe(':0\r\n');
  });

  it('keeps what was over its time already when the snapshot was made', () => {
    const expiry = Buffer.alloc(8);
    expiry.writeBigUInt64LE(1_000n);
    const rdb = `REDIS0009\xfe\x00\xfc${expiry.toString('latin1')}\x00\x03old\x05value\xff\0\0\0\0\0\0\0\0`;
    const replica = scriptedReplica();
    const wire = replica.fullSync(rdb);
    replica.seconds(2);
    const client = replica.connect();
    expect(client.run('GET old')).toBe('$-1\r\n');
    expect(client.run('DBSIZE')).toBe(':1\r\n');
    wire.data(command('PERSIST', 'old'));
    expect(client.run('GET old')).toBe('$5\r\nvalue\r\n');
  });

  it('refuses writes of clients while replica-read-only is on, and keeps its own writes to itself', () => {
    const replica = scriptedReplica();
    replica.fullSync();
    const client = replica.connect();
    expect(client.run('SET k v')).toBe("-READONLY You can't write against a read only replica.\r\n");
    client.run('CONFIG SET replica-read-only no');
    expect(client.run('SET k v')).toBe('+OK\r\n');
    expect(replica.info('master_repl_offset')).toBe('0');
    expect(replica.info('slave_read_only')).toBe('0');
    client.run('CONFIG SET replica-read-only yes');
    expect(client.run('DEL k')).toBe("-READONLY You can't write against a read only replica.\r\n");
  });
});
