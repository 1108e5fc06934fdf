/** `handshake --between` without its terminal: home-made replicas and masters with one fault each, watched from the middle. */
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { SystemClock } from '../../../src/core/base/clock-system.js';
import { MasterSide } from '../../../src/core/diagnosis/between/master-side.js';
import { Watch } from '../../../src/core/diagnosis/between/watch.js';
import { diagnose } from '../../../src/core/diagnosis/diagnose.js';
import { addEvidence, noEvidence } from '../../../src/core/diagnosis/evidence.js';
import { type TraceEvent } from '../../../src/core/diagnosis/trace.js';
import { startProxy } from '../../../src/core/net/tcp-proxy.js';
import { eventually } from '../../support/eventually.js';
import {
  command,
  EMPTY_RDB,
  fullSync,
  REPLID,
  startFakeMaster,
  type Script,
} from '../../support/fake-master.js';
import { FakeReplica } from '../../support/fake-replica.js';
import { checkTape } from '../../support/tape-check.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

interface Watched {
  readonly port: number;
  readonly events: TraceEvent[];
  readonly watch: Watch;
  kinds(kind: TraceEvent['kind'], conn?: number): TraceEvent[];
  /** Ids that were noticed until now, with the side. */
  noticed(): string[];
  /** Ends it, holds the trace to all that must be true of traces, and answers with verdict and ids. */
  finish(): readonly [string, ...string[]];
}

async function between(script: Script = {}, targetPort?: number): Promise<Watched> {
  const master = await startFakeMaster(script);
  undo.push(() => master.stop());
  const clock = new SystemClock();
  const events: TraceEvent[] = [];
  const port = targetPort ?? master.port;
  const watch = new Watch({
    ...{ clock, tls: false, commands: true, target: `127.0.0.1:${port}` },
    observer: (event) => events.push(event),
  });
  const proxy = await startProxy({
    ...{ clock, timeoutMs: 2000, listen: { host: '127.0.0.1', port: 0 } },
    target: { kind: 'tcp', host: '127.0.0.1', port, tls: false },
    accept: (client) => {
      const link = watch.attach(client);
      return {
        connected: (...how) => link.connected(...how),
        unreachable: (error) => link.unreachable(error),
        fromClient: (chunk) => link.fromReplica(chunk),
        fromTarget: (chunk) => link.fromMaster(chunk),
        closed: (by, error) => link.closed(by === 'client' ? 'replica' : 'master', error?.message),
      };
    },
  });
  watch.begin(proxy.address);
  undo.push(() => proxy.close());
  const kinds = (kind: TraceEvent['kind'], conn?: number): TraceEvent[] =>
    events.filter((e) => e.kind === kind && (conn === undefined || e.conn === conn));
  return {
    ...{ port: proxy.port, events, watch, kinds },
    noticed: () => events.flatMap((e) => (e.kind === 'noticed' ? [`${e.side}: ${e.finding.id}`] : [])),
    finish: () => {
      const verdict = watch.finish(false);
      checkTape(events);
      const end = events.at(-1);
      return end?.kind === 'end' ? [verdict, ...end.faults, ...end.warnings] : [verdict];
    },
  };
}

async function attach(
  port: number,
  habits: Parameters<typeof FakeReplica.attach>[1] = {},
): Promise<FakeReplica> {
  const replica = await FakeReplica.attach(port, habits);
  undo.push(() => replica.stop());
  return replica;
}

/** A replica that asks for a full sync and reads nothing of it. */
function askFullSync(port: number): Promise<void> {
  return askFor(port, '?', -1);
}

async function askFor(port: number, replid: string, offset: number): Promise<void> {
  const replica = await FakeReplica.connect(port);
  undo.push(() => replica.stop());
  replica.command('REPLCONF', 'listening-port', '6380');
  await replica.line();
  replica.command('PSYNC', replid, String(offset));
}

const GETACK = command('REPLCONF', 'GETACK', '*');
const STREAM = command('SELECT', '0') + command('SET', 'k', 'v');
/** A master that asks for an ACK after two commands. */
const asking: Script = { on: { psync: () => fullSync() + STREAM + GETACK } };

describe('a watched link', () => {
  it('has nothing to say of a good replica and a good master', async () => {
    const watched = await between(asking);
    const replica = await attach(watched.port);
    await eventually(() => watched.kinds('ack').length >= 3);
    expect(watched.kinds('attached')).toMatchObject([{ replica: `127.0.0.1:${replica.port}`, conn: 1 }]);
    expect(watched.kinds('snapshot-end')).toMatchObject([
      { report: { bytes: 88, checksum: { state: 'ok' } } },
    ]);
    expect(watched.kinds('command').map((e) => e.kind === 'command' && e.offset)).toEqual([
      STREAM.length - command('SET', 'k', 'v').length,
      STREAM.length,
      STREAM.length + GETACK.length,
    ]);
    expect(watched.kinds('getack')).toMatchObject([{ offset: STREAM.length }]);
    expect(watched.kinds('ack').find((e) => e.kind === 'ack' && e.answersGetack)).toMatchObject({
      offset: STREAM.length,
      verdict: 'ok',
    });
    replica.stop();
    await eventually(() => watched.kinds('detached').length === 1);
    expect(watched.kinds('detached')).toMatchObject([{ by: 'replica' }]);
    expect(watched.finish()).toEqual(['passed']);
  });

  it('finds a GETACK that was counted before it was answered', async () => {
    const watched = await between(asking);
    await attach(watched.port, { answer: (replica) => replica.offset + replica.wireLength });
    await eventually(() => watched.noticed().length > 0);
    expect(watched.noticed()).toEqual(['replica: getack-counted-early']);
    expect(watched.finish()).toEqual(['failed', 'getack-counted-early']);
  });

  it('finds replies to propagated commands', async () => {
    // It reads no commands but by looks, so that a reply does not trouble it.
    const raw: Script['raw'] = (chunk, c) => {
      const text = chunk.toString('latin1');
      if (text.includes('PING')) c.send('+PONG\r\n');
      else if (text.includes('PSYNC')) c.send(fullSync() + STREAM);
      else if (/listening-port|capa/.test(text)) c.send('+OK\r\n');
    };
    const watched = await between({ raw });
    await attach(watched.port, {
      on: (args, replica) => void (args[0] === 'SET' && replica.send('+OK\r\n')),
    });
    await eventually(() => watched.noticed().length > 0);
    expect(watched.kinds('odd')).toMatchObject([{ bytes: '+OK\r\n' }]);
    expect(watched.finish()).toEqual(['failed', 'replies-to-stream']);
  });

  it('does not blame a master for throwing a faulty replica out, but for leaving a good one', async () => {
    const leaving: Script = {
      on: {
        psync: (_args, c) => {
          setTimeout(() => c.close(), 300);
          return fullSync() + STREAM + GETACK;
        },
      },
    };
    const faulty = await between(leaving);
    await attach(faulty.port, { answer: (replica) => replica.offset + replica.wireLength });
    await eventually(() => faulty.kinds('detached').length === 1);
    expect(faulty.finish()).toEqual(['failed', 'getack-counted-early']);
    const good = await between(leaving);
    await attach(good.port);
    await eventually(() => good.kinds('detached').length === 1);
    expect(good.finish()).toEqual(['failed', 'stream-closed']);
  });

  it('warns of a link that the master ended after some time, on that connection, and names what may be why', async () => {
    const watched = await between({
      on: {
        psync: (_args, c) => {
          setTimeout(() => c.close(), 1300);
          return fullSync() + STREAM;
        },
      },
    });
    await attach(watched.port);
    await eventually(() => watched.kinds('detached').length === 1);
    expect(watched.kinds('noticed')).toMatchObject([
      { conn: 1, side: 'master', severity: 'warning', finding: { id: 'stream-closed' } },
    ]);
    expect(watched.finish()).toEqual(['passed', 'stream-closed']);
  });

  it('blames the replica that asks for the last byte it has, and not the master', async () => {
    const resumed: Script = {
      on: {
        psync: ([, id]) =>
          id === '?' ? fullSync() + STREAM : `+CONTINUE ${REPLID}\r\n\n` + command('SET', 'k', 'w'),
      },
    };
    const watched = await between(resumed);
    const first = await attach(watched.port);
    await eventually(() => watched.kinds('ack').length > 0);
    first.ack(STREAM.length);
    await eventually(() => watched.kinds('ack').some((e) => e.kind === 'ack' && e.offset === STREAM.length));
    first.stop();
    const second = await FakeReplica.connect(watched.port);
    undo.push(() => second.stop());
    for (const words of ['REPLCONF listening-port 6380', 'REPLCONF capa psync2']) {
      second.command(...words.split(' '));
      await second.line();
    }
    second.command('PSYNC', REPLID, String(STREAM.length));
    await second.line();
    await eventually(() => watched.kinds('stream-noise').length > 0);
    second.ack(STREAM.length + 1 + command('SET', 'k', 'w').length);
    await eventually(() => watched.kinds('ack', 2).length > 0);
    expect(watched.noticed()).toEqual(['replica: psync-asks-for-last-byte']);
    expect(watched.kinds('ack', 2)).toMatchObject([{ verdict: 'fault', why: 'psync-asks-for-last-byte' }]);
    second.stop();
    await eventually(() => watched.kinds('detached').length === 2);
    expect(watched.finish()).toEqual(['failed', 'psync-asks-for-last-byte']);
  });

  it('finds a PSYNC that did not wait for the answers before it', async () => {
    const watched = await between();
    const introduction = ['PING', 'REPLCONF listening-port 6380', 'REPLCONF capa psync2'];
    const all = introduction.map((words) => command(...words.split(' ')));
    const replica = await FakeReplica.connect(watched.port);
    undo.push(() => replica.stop());
    replica.send(all.join('') + command('PSYNC', '?', '-1'));
    await eventually(() => watched.noticed().length > 0);
    expect(watched.finish()).toEqual(['failed', 'psync-before-replies']);
  });

  it('finds the faults of both sides at once, and tells each as it shows', async () => {
    const watched = await between({ on: { psync: () => fullSync('REDIS0009\xff') + STREAM + GETACK } });
    const replica = await attach(watched.port, { answer: (r) => r.offset + r.wireLength });
    await eventually(() => watched.noticed().length >= 2);
    expect(watched.noticed().sort()).toEqual([
      'master: snapshot-without-checksum',
      'replica: getack-counted-early',
    ]);
    replica.stop();
    expect([...watched.finish()].sort()).toEqual([
      'failed',
      'getack-counted-early',
      'snapshot-without-checksum',
    ]);
  });

  it.each([
    ['in one piece', (rdb: string) => fullSync(rdb, 0, rdb.length - 5) + STREAM],
    ['and no command behind it', (rdb: string) => fullSync(rdb, 0, rdb.length - 5)],
  ])('knows the rest of a snapshot whose length was too small, %s', async (_how, psync) => {
    const watched = await between({ on: { psync: () => psync(EMPTY_RDB) } });
    await askFullSync(watched.port);
    await eventually(() => watched.noticed().length > 0);
    expect(watched.kinds('stream-noise')).toMatchObject([{ endsSnapshot: true }]);
    expect(watched.noticed()).toEqual(['master: snapshot-wrong-length']);
    expect(watched.finish()).toEqual(['failed', 'snapshot-wrong-length']);
  });

  it('knows a length that was too large', async () => {
    const watched = await between({ on: { psync: () => fullSync(EMPTY_RDB, 0, EMPTY_RDB.length + 5) } });
    await askFullSync(watched.port);
    await eventually(() => watched.noticed().length > 0);
    expect(watched.noticed()).toEqual(['master: snapshot-wrong-length']);
    watched.finish();
  });

  it('does not call a master that fell silent at PSYNC one that reads a command at a time', () => {
    const asked = { capa: [], tls: false, password: false, psync: 'full', probe: false } as const;
    const evidence = noEvidence(asked);
    const side = new MasterSide(0, (event) => addEvidence(evidence, { ...event, atUs: 0, conn: 1 }));
    const says = (nowMs: number, ...words: string[]) => side.sent(words.map(ascii), false, nowMs);
    says(0, 'REPLCONF', 'listening-port', '6380');
    says(0, 'REPLCONF', 'capa', 'psync2');
    side.received(Buffer.from('+OK\r\n+OK\r\n'), 1);
    says(2, 'PSYNC', '?', '-1');
    side.closed('replica', 6000);
    expect(evidence.fault).toMatchObject({ step: 'psync', why: 'timeout' });
    expect(diagnose(evidence).map(({ id }) => id)).not.toContain('one-command-per-read');
  });

  it('tells the advice that a finding brings itself', async () => {
    const watched = await between({ on: { psync: () => fullSync('') + STREAM } });
    await attach(watched.port);
    await eventually(() => watched.noticed().length > 0);
    const [noticed] = watched.kinds('noticed');
    expect(noticed.kind === 'noticed' && noticed.fix).toMatch(/^Send an empty RDB/);
    watched.finish();
  });

  it('names a bare +CONTINUE when psync2 was announced', async () => {
    const watched = await between({ on: { psync: '+CONTINUE\r\n' } });
    const replica = await FakeReplica.connect(watched.port);
    undo.push(() => replica.stop());
    replica.command('REPLCONF', 'listening-port', '6380');
    await replica.line();
    replica.command('REPLCONF', 'capa', 'psync2');
    await replica.line();
    replica.command('PSYNC', REPLID, '101');
    await eventually(() => watched.noticed().length > 0);
    expect(watched.noticed()).toEqual(['master: bare-continue']);
    expect(watched.kinds('stream-begin')).toMatchObject([{ offset: 100 }]);
    expect(watched.finish()).toEqual(['failed', 'bare-continue']);
  });

  it.each<[string, Script]>([
    [
      'noperm-psync',
      { on: { psync: "-NOPERM User repl has no permissions to run the 'psync' command\r\n" } },
    ],
    ['loading', { on: { ping: '-LOADING Redis is loading the dataset in memory\r\n' } }],
    ['max-clients', { connect: (c) => void (c.send('-ERR max number of clients reached\r\n'), c.close()) }],
    ['accepted-then-closed', { raw: (_chunk, c) => c.close() }],
  ])('names %s as a visit of our own would', async (id, script) => {
    const watched = await between(script);
    const replica = await FakeReplica.connect(watched.port);
    undo.push(() => replica.stop());
    for (const words of ['PING', 'REPLCONF listening-port 6380', 'PSYNC ? -1']) {
      replica.command(...words.split(' '));
      await replica.line();
    }
    await eventually(() => watched.noticed().some((one) => one.endsWith(`: ${id}`)));
    replica.stop();
    await eventually(() => watched.kinds('detached').length === 1);
    expect(watched.finish()).toContain(id);
  });

  it('does not take the refusal of SYNC, after that of PSYNC, for a snapshot that failed', async () => {
    const NOAUTH = '-NOAUTH Authentication required.\r\n';
    const on = { ping: NOAUTH, replconf: NOAUTH, psync: NOAUTH, sync: NOAUTH };
    const watched = await between({ on });
    const replica = await FakeReplica.connect(watched.port);
    undo.push(() => replica.stop());
    for (const words of ['PING', 'REPLCONF listening-port 6380', 'PSYNC ? -1', 'SYNC']) {
      replica.command(...words.split(' '));
      expect(await replica.line()).toContain('NOAUTH');
    }
    await eventually(() => watched.kinds('snapshot-fault').length === 1);
    const found = watched.finish();
    expect(found).toContain('noauth');
    expect(found).not.toContain('snapshot-refused');
  });

  it('never shows a password', async () => {
    const watched = await between({
      on: { auth: "-ERR unknown command 'AUTH', with args beginning with: 'hunter22' \r\n" },
    });
    const replica = await FakeReplica.connect(watched.port);
    undo.push(() => replica.stop());
    replica.command('AUTH', 'hunter22');
    expect(await replica.line()).toContain('hunter22');
    await eventually(() => watched.kinds('receive').length === 1);
    watched.finish();
    expect(JSON.stringify(watched.events)).not.toContain('hunter22');
  });

  it('passes clients and TLS on, and says no more of them', async () => {
    const watched = await between();
    for (const bytes of [command('GET', 'k'), '\x16\x03\x01\x00\x05hello']) {
      const socket = net.connect(watched.port, '127.0.0.1');
      socket.on('error', () => undefined);
      undo.push(() => socket.destroy());
      socket.write(bytes, 'latin1');
    }
    await eventually(() => watched.kinds('passed-on').length === 2);
    expect(watched.kinds('send')).toEqual([]);
    expect(watched.finish()).toEqual(['passed']);
  });

  it('keeps several replicas apart, at once and one after another', async () => {
    const watched = await between(asking);
    const first = await attach(watched.port);
    const second = await attach(watched.port, { answer: (r) => r.offset + r.wireLength });
    await eventually(() => watched.kinds('ack', 1).length > 0 && watched.noticed().length > 0);
    second.stop();
    await eventually(() => watched.kinds('detached', 2).length === 1);
    const third = await attach(watched.port);
    await eventually(() => watched.kinds('ack', 3).length > 0);
    expect(watched.kinds('noticed').map(({ conn }) => conn)).toEqual([2]);
    for (const replica of [first, third]) replica.stop();
    expect(watched.finish()).toEqual(['failed', 'getack-counted-early']);
    expect(
      watched
        .kinds('stream-end')
        .map(({ conn }) => conn)
        .sort(),
    ).toEqual([1, 2, 3]);
  });

  it('knows a master that tells less than it has streamed', async () => {
    const streamed = GETACK + command('SET', 'k', 'v1');
    const counted = streamed.length - GETACK.length;
    let attached = 0;
    const watched = await between({
      on: {
        psync: () => (attached++ === 0 ? fullSync() + streamed : fullSync(EMPTY_RDB, counted)),
      },
    });
    const first = await attach(watched.port);
    await eventually(() => first.offset === streamed.length);
    first.stop();
    await eventually(() => watched.kinds('detached').length === 1);
    await askFor(watched.port, REPLID, streamed.length + 1);
    await eventually(() => watched.noticed().length > 0);
    expect(watched.noticed()).toEqual(['master: offset-counts-too-little']);
    const [found] = watched.kinds('noticed');
    expect(found.kind === 'noticed' && found.finding.text).toMatch(
      /streamed 65 bytes, up to offset 65\..* offset 28: its own count is 37 behind .*: GETACK is not counted\. The two counts part with `REPLCONF GETACK` at offset 0\.$/,
    );
    expect(watched.finish()).toEqual(['failed', 'offset-counts-too-little']);
  });

  it.each([
    ['its next byte', 'probe-got-fullresync', REPLID, 0],
    ['a byte that it does not hold', 'resync-behind-backlog', REPLID, 500],
    ['another history', 'resync-other-history', 'e'.repeat(40), 0],
  ])('counts a position that was not continued among the warnings: %s', async (_what, id, asked, more) => {
    let offset = 0;
    const watched = await between({ on: { psync: () => fullSync(EMPTY_RDB, offset) + STREAM } });
    const first = await attach(watched.port);
    await eventually(() => first.offset === STREAM.length);
    first.stop();
    await eventually(() => watched.kinds('detached').length === 1);
    offset = STREAM.length + more;
    await askFor(watched.port, asked, STREAM.length + 1);
    await eventually(() => watched.noticed().length > 0);
    expect(watched.finish()).toEqual(['passed', id]);
  });

  it('says that a replica leaves after every snapshot, and how often', async () => {
    const watched = await between();
    for (let n = 1; n <= 4; n++) {
      await askFullSync(watched.port);
      await eventually(() => watched.kinds('snapshot-end').length === n);
      await undo.pop()?.();
      await eventually(() => watched.kinds('detached').length === n);
    }
    expect(watched.finish()).toEqual(['passed', 'replica-leaves-after-snapshot']);
    const [found] = watched.kinds('finding');
    expect(found.kind === 'finding' && found.finding.text).toMatch(
      /^The replica closed the link after a whole snapshot, 4 times in a row, and never sent an ACK/,
    );
  });

  it('says when the target cannot be reached, and when nobody came', async () => {
    const closed = await startFakeMaster();
    await closed.stop();
    const watched = await between({}, closed.port);
    const replica = await FakeReplica.connect(watched.port);
    undo.push(() => replica.stop());
    await eventually(() => watched.kinds('detached').length === 1);
    expect(watched.finish()).toEqual(['unreachable', 'connection-refused']);
    expect((await between()).finish()).toEqual(['failed']);
  });
});
