import { describe, expect, it } from 'vitest';
import {
  attach,
  memoryServer,
  readFullSync,
  wireOf,
  type MemoryServer,
} from '../../../support/memory-server.js';

const OK = '+OK\r\n';

function fresh(server: MemoryServer = memoryServer()) {
  return server.connect();
}

describe('REPLCONF', () => {
  it.each([
    ['REPLCONF', OK],
    ['REPLCONF listening-port 6380', OK],
    ['REPLCONF LISTENING-PORT 6380', OK],
    ['replconf Capa EOF cApA PSYNC2 capa dual-channel', OK],
    ['REPLCONF listening-port', '-ERR syntax error\r\n'],
    ['REPLCONF capa eof capa', '-ERR syntax error\r\n'],
    ['REPLCONF listening-port 63x', '-ERR value is not an integer or out of range\r\n'],
    ['REPLCONF version 8.0.1', '-ERR Unrecognized REPLCONF option: version\r\n'],
    ['REPLCONF fack 12', '-ERR Unrecognized REPLCONF option: fack\r\n'],
    ['REPLCONF rdb-only 1', OK],
    ['REPLCONF rdb-only 2', '-ERR value is out of range, value must between 0 and 1\r\n'],
    ['REPLCONF rdb-only x', '-ERR value is not an integer or out of range\r\n'],
    ['REPLCONF rdb-filter-only functions', OK],
    ['REPLCONF rdb-filter-only FUNCTIONS', OK],
    ['REPLCONF rdb-filter-only keys', '-ERR Unsupported rdb-filter-only option: keys\r\n'],
    ['REPLCONF rdb-filter-only "func', '-ERR Missing rdb-filter-only values\r\n'],
    // From anybody who is no replica these two are heard and not answered.
    ['REPLCONF ack 12', ''],
    ['REPLCONF ACK nonsense FACK nonsense', ''],
    ['REPLCONF getack *', ''],
  ])('%s', (line, answer) => {
    expect(fresh().run(line)).toBe(answer);
  });

  it('refuses an address of 256 bytes', () => {
    const client = fresh();
    expect(client.run(`REPLCONF ip-address ${'a'.repeat(255)}`)).toBe(OK);
    expect(client.run(`REPLCONF ip-address ${'a'.repeat(256)}`)).toBe(
      '-ERR REPLCONF ip-address provided by replica instance is too long: 256 bytes\r\n',
    );
  });

  it('applies what stands before an option that it does not know', () => {
    const server = memoryServer();
    const client = fresh(server);
    expect(client.run('REPLCONF listening-port 7001 nonsense 1 listening-port 7002')).toBe(
      '-ERR Unrecognized REPLCONF option: nonsense\r\n',
    );
    client.run('PSYNC ? -1');
    expect(server.info('slave0')).toMatch(/^ip=127\.0\.0\.1,port=7001,/);
  });

  it('prints no line break of an option', () => {
    expect(fresh().call('REPLCONF', 'a\r\nb', '1')).toBe('-ERR Unrecognized REPLCONF option: a  b\r\n');
  });
});

describe('a replica is its connection', () => {
  it('is shown with what it announced, and found without it', () => {
    const server = memoryServer();
    const announced = fresh(server);
    announced.run('REPLCONF listening-port 6380 ip-address replica.example');
    readFullSync(announced.run('PSYNC ? -1'));
    const silent = fresh(server);
    readFullSync(silent.run('PSYNC ? -1'));
    expect(server.info('connected_slaves')).toBe('2');
    expect(server.info('slave0')).toBe('ip=replica.example,port=6380,state=online,offset=0,lag=0');
    expect(server.info('slave1')).toBe('ip=127.0.0.1,port=0,state=online,offset=0,lag=0');
  });

  it('two that announce the same port are two replicas', () => {
    const server = memoryServer();
    const both = [fresh(server), fresh(server)];
    for (const client of both) {
      expect(client.run('REPLCONF listening-port 6380')).toBe(OK);
      readFullSync(client.run('PSYNC ? -1'));
    }
    expect(server.info('connected_slaves')).toBe('2');
    const writer = fresh(server);
    writer.run('SET k v');
    for (const client of both) expect(client.read()).toBe(wireOf('SELECT 0') + wireOf('SET k v'));
    expect(both.some((client) => client.wire.closed)).toBe(false);
  });

  it('is named in the log by its address and port, or by its address alone', () => {
    const server = memoryServer();
    attach(server);
    expect(server.log).toContain('notice: Replica 127.0.0.1:<unknown-replica-port> asks for synchronization');
    const client = fresh(server);
    client.run('REPLCONF listening-port 6380 ip-address ::1');
    client.run('PSYNC ? -1');
    expect(server.log).toContain('notice: Replica [::1]:6380 asks for synchronization');
  });
});

describe('PSYNC', () => {
  it('needs a number', () => {
    expect(fresh().run('PSYNC ? x')).toBe('-ERR value is not an integer or out of range\r\n');
  });

  it('takes any 64-bit number', () => {
    const server = memoryServer();
    const client = fresh(server);
    readFullSync(client.run(`PSYNC ${'0'.repeat(40)} 9223372036854775807`));
    expect(server.info('sync_partial_err')).toBe('1');
  });

  it('is refused behind pending output', () => {
    const client = fresh();
    expect(client.send(wireOf('PING') + wireOf('PSYNC ? -1'))).toBe(
      '+PONG\r\n-ERR SYNC and PSYNC are invalid with pending output\r\n',
    );
    readFullSync(client.run('PSYNC ? -1'));
  });

  it('is refused while earlier answers have not been taken', () => {
    const client = fresh();
    client.wire.hold();
    client.run('PING');
    client.run('PSYNC ? -1');
    client.wire.release();
    expect(client.read()).toBe('+PONG\r\n-ERR SYNC and PSYNC are invalid with pending output\r\n');
  });

  it('is ignored the second time', () => {
    const server = memoryServer();
    const { client } = attach(server);
    expect(client.run('PSYNC ? -1')).toBe('');
    expect(client.send('SYNC\r\n')).toBe('');
    expect(server.info('connected_slaves')).toBe('1');
    expect(server.info('sync_full')).toBe('1');
  });

  it('is refused in a transaction', () => {
    const client = fresh();
    client.run('MULTI');
    expect(client.run('PSYNC ? -1')).toBe('-ERR Command not allowed inside a transaction\r\n');
    expect(client.run('EXEC')).toBe('-EXECABORT Transaction discarded because of previous errors.\r\n');
  });

  it('with FAILOVER is for replicas only', () => {
    expect(fresh().run('PSYNC ? -1 FAILOVER')).toBe("-ERR PSYNC FAILOVER can't be sent to a master.\r\n");
  });

  it('answers FULLRESYNC 0 and an empty snapshot to one that knows psync2 only', () => {
    const { sync } = attach(memoryServer());
    expect(sync.offset).toBe(0);
    expect(sync.form).toBe('length');
    expect(sync.keepalives).toBe(0);
    expect(sync.rdb.startsWith('REDIS0010')).toBe(true);
    expect(sync.rdb.charCodeAt(sync.rdb.length - 9)).toBe(0xff);
    expect(sync.rest).toBe('');
  });

  it('names the new id to one that knows psync2, and none to another', () => {
    const server = memoryServer();
    const { client, sync } = attach(server);
    const first = fresh(server);
    first.run('REPLCONF capa psync2');
    expect(first.run(`PSYNC ${sync.replid} 1`)).toBe(`+CONTINUE ${sync.replid}\r\n`);
    expect(fresh(server).run(`PSYNC ${sync.replid} 1`)).toBe('+CONTINUE\r\n');
    expect(fresh(server).run(`PSYNC ${sync.replid.toUpperCase()} 1`)).toBe('+CONTINUE\r\n');
    expect(client.wire.closed).toBe(false);
    expect(server.info('sync_partial_ok')).toBe('3');
  });

  it('says in the log why a replica cannot continue', () => {
    const server = memoryServer();
    const { sync } = attach(server);
    const ask = (replid: string, offset: number) =>
      readFullSync(fresh(server).run(`PSYNC ${replid} ${offset}`));
    ask('f'.repeat(40), 1);
    ask(sync.replid, 2);
    ask('?', 77);
    const reasons = server.log.filter((line) => /not accepted|lack of backlog|greater|requested/.test(line));
    expect(reasons).toEqual([
      'notice: Full resync requested by replica 127.0.0.1:<unknown-replica-port>',
      `notice: Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '${'f'.repeat(40)}', ` +
        `my replication IDs are '${sync.replid}' and '${'0'.repeat(40)}')`,
      'notice: Unable to partial resync with replica 127.0.0.1:<unknown-replica-port> for lack of backlog (Replica ' +
        'request was: 2, the backlog holds 1 to 0).',
      'warning: Warning: replica 127.0.0.1:<unknown-replica-port> tried to PSYNC with an offset that is greater than ' +
        'the master replication offset.',
      'notice: Full resync requested by replica 127.0.0.1:<unknown-replica-port>',
    ]);
    expect(server.info('sync_partial_err')).toBe('2');
    expect(server.info('sync_full')).toBe('4');
  });
});

describe('SYNC', () => {
  it('inline gets the snapshot without FULLRESYNC, then the stream, and is never asked for ACKs', () => {
    const server = memoryServer({ 'repl-timeout': '5' });
    const client = fresh(server);
    const bytes = client.send('SYNC\r\n');
    const head = /^\$(\d+)\r\n/.exec(bytes)!;
    expect(bytes.length).toBe(head[0].length + Number(head[1]));
    server.connect().run('SET k v');
    expect(client.read()).toBe(wireOf('SELECT 0') + wireOf('SET k v'));
    server.seconds(30);
    expect(client.wire.closed).toBe(false);
  });
});

describe('rdb-only', () => {
  it('is closed after the snapshot, and is shown in no line while it goes', () => {
    const server = memoryServer();
    const client = fresh(server);
    client.run('REPLCONF capa eof rdb-only 1');
    const sync = readFullSync(client.run('PSYNC ? -1'));
    expect(sync.form).toBe('eof');
    expect(sync.rest).toBe('');
    expect(client.wire.closed).toBe(true);
    expect(server.info('connected_slaves')).toBe('0');
    expect(server.log).toContain(
      'notice: RDB transfer completed, rdb only replica (127.0.0.1:<unknown-replica-port>) should be disconnected asap',
    );
  });

  it('gets no stream and holds none', () => {
    const server = memoryServer({
      'repl-diskless-sync': 'no',
      'client-output-buffer-limit': 'replica 1mb 0 0',
    });
    const client = fresh(server);
    client.run('REPLCONF rdb-only 1');
    client.wire.hold();
    client.run('PSYNC ? -1');
    const writer = fresh(server);
    for (let i = 0; i < 40; i++) writer.call('SET', 'k', 'x'.repeat(60_000));
    client.wire.release();
    expect(readFullSync(client.read()).rest).toBe('');
    expect(client.wire.closed).toBe(true);
    expect(server.engine.stats.outputBufferLimitDisconnections).toBe(0);
  });
});

describe('rdb-filter-only', () => {
  const keyed = () => {
    const server = memoryServer();
    server.connect().run('SET somekey somevalue');
    server.engine.store.functionLibraries.push('#!lua name=mylib\n' as never);
    return server;
  };

  it('needs capa eof', () => {
    const client = fresh(keyed());
    client.call('REPLCONF', 'rdb-filter-only', '');
    expect(client.run('PSYNC ? -1')).toBe('-ERR Filtered replica requires EOF capability\r\n');
  });

  it.each([
    ['', false, false],
    ['functions', false, true],
    [undefined, true, true],
  ])('%j: what is in the snapshot', (filter, keys, functions) => {
    const client = fresh(keyed());
    client.run('REPLCONF capa eof');
    if (filter !== undefined) client.call('REPLCONF', 'rdb-filter-only', filter);
    const { rdb } = readFullSync(client.run('PSYNC ? -1'));
    expect(rdb.includes('somekey')).toBe(keys);
    expect(rdb.includes('name=mylib')).toBe(functions);
  });

  it('is diskless even where snapshots go by disk', () => {
    const server = memoryServer({ 'repl-diskless-sync': 'no' });
    const client = fresh(server);
    client.call('REPLCONF', 'capa', 'eof', 'rdb-filter-only', '');
    expect(readFullSync(client.run('PSYNC ? -1')).form).toBe('eof');
  });
});

describe('ACK', () => {
  const shown = (server: MemoryServer) => /offset=(-?\d+)/.exec(server.info('slave0') ?? '')?.[1];

  it('only ever rises, up to the last 64-bit number', () => {
    const server = memoryServer();
    const { client } = attach(server);
    const offsets: [string, string][] = [
      ['-5', '0'],
      ['7', '7'],
      ['3', '7'],
      ['x', '7'],
      ['9007199254740993', '9007199254740993'],
      ['9223372036854775808', '9007199254740993'],
      ['9223372036854775807', '9223372036854775807'],
      ['-9223372036854775808', '9223372036854775807'],
    ];
    for (const [acked, offset] of offsets) {
      expect(client.run(`REPLCONF ACK ${acked}`)).toBe('');
      expect([acked, shown(server)]).toEqual([acked, offset]);
    }
    expect(server.connect().run('ROLE')).toContain('$19\r\n9223372036854775807\r\n');
    server.connect().run('SET k v');
    expect(server.connect().run('WAIT 1 0')).toBe(':1\r\n');
  });

  it('with a FACK that is no number counts as an offset and as nothing else', () => {
    const server = memoryServer();
    const replica = server.connect();
    replica.run('REPLCONF capa eof');
    replica.run('PSYNC ? -1');
    server.connect().run('SET k v');
    expect(replica.run('REPLCONF ACK 5 FACK x')).toBe('');
    expect(shown(server)).toBe('5');
    expect(replica.run('REPLCONF ACK 0 FACK 0')).toBe(wireOf('SELECT 0') + wireOf('SET k v'));
  });
});

describe('what a replica sends besides REPLCONF', () => {
  // Replies would go into the stream (redis 7.2.6 networking.c:_addReplyToBufferOrList).
  it.each(['PING', 'GET k', '+OK', 'REPLCONF listening-port 1'])('%s: it is disconnected', (line) => {
    const server = memoryServer();
    const { client } = attach(server);
    expect(client.send(`${line}\r\n`)).toBe('');
    expect(client.wire.closed).toBe(true);
    expect(
      server.log.some((text) => /generated a reply to command '.*', disconnecting it: id=/.test(text)),
    ).toBe(true);
  });

  it('line feeds and ACKs are welcome', () => {
    const server = memoryServer();
    const { client } = attach(server);
    expect(client.send('\n\r\n' + wireOf('REPLCONF ACK 0') + '\n')).toBe('');
    expect(client.wire.closed).toBe(false);
  });
});
