import { beforeEach, describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { ManualClock } from '../../../../src/core/base/clock.js';
import { type Outcome } from '../../../../src/core/replication/handshake/machine.js';
import { type HandshakeEvent } from '../../../../src/core/replication/handshake/observer.js';
import {
  REDIS_TIMERS,
  runHandshake,
  type HandshakeRun,
  type Link,
} from '../../../../src/core/replication/handshake/run.js';
import { type HandshakeOptions } from '../../../../src/core/replication/handshake/steps.js';
import { FakeWire } from '../../../support/fake-channel.js';

const ID = '8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb';

let clock: ManualClock;
let wire: FakeWire;
let events: HandshakeEvent[];
let ended: { outcome: Outcome; link?: Link } | undefined;

beforeEach(() => {
  clock = new ManualClock();
  wire = new FakeWire(clock);
  events = [];
  ended = undefined;
});

function start(options: Partial<HandshakeOptions> = {}): HandshakeRun {
  return runHandshake({
    dial: wire.dial,
    clock,
    options: { manner: 'one-by-one', capa: [], psync: 'full', syncFallback: true, ...options },
    timers: REDIS_TIMERS,
    conn: 1,
    originUs: clock.monotonicUs(),
    observer: (event) => events.push(event),
    done: (outcome, link) => {
      if (ended) throw new Error('done twice');
      ended = { outcome, ...(link && { link }) };
    },
  });
}

const kinds = (): string[] => events.map(({ kind, step }) => `${kind} ${step}`);

describe('runHandshake', () => {
  it('walks to a full sync and hands the rest of the bytes over', () => {
    start();
    wire.open();
    wire.data('+PO');
    wire.data('NG\r');
    wire.data('\n');
    expect(wire.sent).toEqual(['*1\r\n$4\r\nPING\r\n', '*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n']);
    wire.data(`\n+FULLRESYNC ${ID} 42\r\n$3\r\nab`);
    expect(ended?.outcome).toMatchObject({ kind: 'full', replid: ID, offset: 42 });
    const queue = ended?.link?.queue;
    expect(queue?.take(queue.length).toString('latin1')).toBe('$3\r\nab');
    const heard: string[] = [];
    ended?.link?.listen(
      () => heard.push(queue?.take(queue.length).toString('latin1') ?? ''),
      ({ by }) => heard.push(by),
    );
    wire.data('c');
    wire.end();
    expect(heard).toEqual(['c', 'peer']);
    expect(kinds()).toEqual([
      'connect connect',
      'send ping',
      'receive ping',
      'send psync',
      'keepalive psync',
      'receive psync',
      'outcome psync',
      'close stream',
    ]);
  });

  it('sends a burst as one write', () => {
    start({ manner: 'burst', listeningPort: 1, capa: [ascii('eof')] });
    wire.open();
    wire.data('+PONG\r\n');
    expect(wire.sent).toHaveLength(2);
    expect(wire.sent[1]).toBe(
      '*3\r\n$8\r\nREPLCONF\r\n$14\r\nlistening-port\r\n$1\r\n1\r\n*3\r\n$8\r\nREPLCONF\r\n$4\r\ncapa\r\n$3\r\neof\r\n',
    );
  });

  it('gives an answer 5 seconds', () => {
    start();
    wire.open();
    clock.advance(4999);
    expect(ended).toBeUndefined();
    clock.advance(1);
    expect(ended?.outcome).toEqual({ kind: 'failed', step: 'ping', why: 'timeout' });
    expect(wire.closed).toBe(true);
    expect(events.find(({ kind }) => kind === 'fault')).toMatchObject({
      step: 'ping',
      waitedMs: 5000,
      bytes: '',
    });
  });

  it('waits for PSYNC as long as keepalives come, and 60 seconds without', () => {
    start();
    wire.open();
    wire.data('+PONG\r\n');
    for (let i = 0; i < 10; i++) {
      clock.advance(50_000);
      wire.data('\n');
    }
    expect(ended).toBeUndefined();
    clock.advance(60_000);
    expect(ended?.outcome).toEqual({ kind: 'failed', step: 'psync', why: 'timeout' });
  });

  it('gives the whole of it 60 seconds up to PSYNC', () => {
    start({ listeningPort: 1, announceIp: ascii('a'), capa: [ascii('eof')] });
    clock.advance(58_000);
    wire.open();
    clock.advance(1000);
    wire.data('+PONG\r\n');
    clock.advance(1000);
    expect(ended?.outcome).toEqual({ kind: 'failed', step: 'listening-port', why: 'timeout' });
  });

  it('tells why the port was not reached', () => {
    start();
    const error = { code: 'ECONNREFUSED', message: 'refused', layer: 'connect' } as const;
    wire.fail(error);
    expect(events[0]).toMatchObject({ kind: 'unreachable', error });
    expect(ended?.outcome).toEqual({ kind: 'failed', step: 'connect', why: 'unreachable' });
  });

  it('shows bytes that were no line', () => {
    start();
    wire.open();
    wire.data('\x15\x03\x01\0\x02');
    wire.end();
    expect(events.find(({ kind }) => kind === 'fault')).toMatchObject({
      why: 'closed',
      bytes: '\x15\x03\x01\0\x02',
    });
  });

  it('gives up a line without an end at 16 KB', () => {
    start();
    wire.open();
    wire.data('x'.repeat(17_000));
    expect(ended?.outcome).toEqual({ kind: 'failed', step: 'ping', why: 'unexpected' });
  });

  it('masks the password in every event, also where the master echoes it', () => {
    start({ user: ascii('bob'), pass: ascii('hunter22') });
    wire.open();
    wire.data('+PONG\r\n');
    expect(wire.sent[1]).toBe('*3\r\n$4\r\nAUTH\r\n$3\r\nbob\r\n$8\r\nhunter22\r\n');
    wire.data("-ERR unknown command 'AUTH', with args beginning with: 'bob' 'hunter22' \r\n");
    expect(JSON.stringify(events)).not.toContain('hunter22');
    expect(events.find(({ kind, step }) => kind === 'receive' && step === 'auth')).toMatchObject({
      line: "-ERR unknown command 'AUTH', with args beginning with: 'bob' '(hidden)' ",
    });
  });

  it('falls back to SYNC and hands the link over', () => {
    start();
    wire.open();
    wire.data("+PONG\r\n-ERR unknown command 'PSYNC'\r\n$0\r\n");
    expect(wire.sent.at(-1)).toBe('SYNC\r\n');
    expect(ended?.outcome.kind).toBe('sync');
    expect(ended?.link?.queue.length).toBe(4);
  });

  it('closes after an answer that ends the attempt', () => {
    start();
    wire.open();
    wire.data('+PONG\r\n-LOADING Redis is loading the dataset in memory\r\n');
    expect(ended?.outcome.kind).toBe('retry');
    expect(ended?.link).toBeUndefined();
    expect(wire.closed).toBe(true);
  });

  it('says nothing more once it was aborted', () => {
    const run = start();
    wire.open();
    run.abort();
    clock.advance(100_000);
    expect(ended).toBeUndefined();
    expect(wire.closed).toBe(true);
  });

  it('tells the time of the wire tap', () => {
    start();
    clock.advance(3);
    wire.open();
    clock.advance(2);
    wire.data('+PONG\r\n');
    expect(events.map(({ kind, atUs }) => [kind, atUs])).toEqual([
      ['connect', 3000],
      ['send', 3000],
      ['receive', 5000],
      ['send', 5000],
    ]);
  });
});
