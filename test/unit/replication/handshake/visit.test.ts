import { describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { ManualClock } from '../../../../src/core/base/clock.js';
import { type VisitEvent } from '../../../../src/core/replication/handshake/observer.js';
import { REDIS_TIMERS } from '../../../../src/core/replication/handshake/run.js';
import { startVisit, type VisitSetup } from '../../../../src/core/replication/handshake/visit.js';
import { FakeWire } from '../../../support/fake-channel.js';
import { REPLID, TINY_RDB } from '../../../support/fake-master.js';

const MARK = 'c'.repeat(40);
const ACK = '*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n';

function visit(more: Partial<VisitSetup> = {}) {
  const clock = new ManualClock();
  const wire = new FakeWire(clock);
  const events: VisitEvent[] = [];
  let done = false;
  const running = startVisit({
    dial: wire.dial,
    clock,
    options: { manner: 'one-by-one', capa: [ascii('eof')], psync: 'full', syncFallback: false },
    timers: REDIS_TIMERS,
    conn: 1,
    originUs: clock.monotonicUs(),
    observer: (event) => events.push(event),
    done: () => (done = true),
    ...more,
  });
  wire.open();
  wire.data('+PONG\r\n');
  wire.data('+OK\r\n');
  return { clock, wire, events, running, isDone: () => done, kinds: () => events.map(({ kind }) => kind) };
}

describe('a visit', () => {
  it('repeats ACK 0 each second until the stream begins, and never after', () => {
    const { wire, clock } = visit({ follow: {} });
    wire.data(`+FULLRESYNC ${REPLID} 0\r\n$EOF:${MARK}\r\n${TINY_RDB}${MARK}`);
    const acks = (): number => wire.sent.filter((sent) => sent === ACK).length;
    expect(acks()).toBe(1);
    clock.advance(2000);
    expect(acks()).toBe(3);
    wire.data('*1\r\n$4\r\nPI');
    clock.advance(5000);
    expect(acks()).toBe(3);
  });

  it('counts a command that shares a segment with the end of the snapshot', () => {
    const { wire, events, isDone } = visit({ follow: { count: 1 } });
    wire.data(`+FULLRESYNC ${REPLID} 7\r\n$18\r\n${TINY_RDB}*1\r\n$4\r\nPING\r\n*1\r\n`);
    expect(events.find(({ kind }) => kind === 'command')).toMatchObject({ offset: 21, wireLength: 14 });
    expect(events.find(({ kind }) => kind === 'stream-end')).toMatchObject({
      why: 'count',
      commands: 1,
      bytesRead: 14,
      offset: 21,
    });
    expect(isDone()).toBe(true);
  });

  it('stops reading from the master while the file is full', () => {
    let drain = (): void => undefined;
    const kept: string[] = [];
    const sink = {
      write: (chunk: Buffer) => kept.push(chunk.toString('latin1')) > 1,
      onDrain: (fn: () => void) => (drain = fn),
    };
    const { wire, kinds } = visit({ sink });
    wire.data(`+FULLRESYNC ${REPLID} 0\r\n$18\r\n${TINY_RDB.slice(0, 5)}`);
    expect(wire.paused).toBe(true);
    wire.data(TINY_RDB.slice(5));
    expect(kept.join('')).toBe(TINY_RDB.slice(0, 5));
    drain();
    expect(wire.paused).toBe(false);
    expect(kept.join('')).toBe(TINY_RDB);
    expect(kinds()).toContain('snapshot-end');
  });

  it('gives up 2 seconds after an RDB that ended before its length', () => {
    const { wire, clock, events } = visit();
    wire.data(`+FULLRESYNC ${REPLID} 0\r\n$20\r\n${TINY_RDB}`);
    clock.advance(1900);
    expect(events.some(({ kind }) => kind === 'snapshot-fault')).toBe(false);
    clock.advance(700);
    expect(events.find(({ kind }) => kind === 'snapshot-fault')).toMatchObject({
      why: 'stalled',
      receivedBytes: 18,
    });
  });

  it('waits repl-timeout for a snapshot that has not ended', () => {
    const { wire, clock, events } = visit();
    wire.data(`+FULLRESYNC ${REPLID} 0\r\n$20\r\nREDIS`);
    clock.advance(59_000);
    expect(events.some(({ kind }) => kind === 'snapshot-fault')).toBe(false);
    clock.advance(2000);
    expect(events.find(({ kind }) => kind === 'snapshot-fault')).toMatchObject({
      why: 'timeout',
      receivedBytes: 5,
    });
  });

  it('follows for a time, and holds the connection until it may close it', () => {
    let close = (): void => undefined;
    const { wire, clock, isDone } = visit({ follow: { forMs: 500 }, beforeClose: (fn) => (close = fn) });
    wire.data(`+FULLRESYNC ${REPLID} 0\r\n$18\r\n${TINY_RDB}`);
    clock.advance(500);
    expect(wire.closed).toBe(false);
    close();
    expect(wire.closed).toBe(true);
    expect(isDone()).toBe(true);
  });

  it('reports what it has when it is stopped', () => {
    const { wire, running, events, isDone } = visit({ follow: {} });
    wire.data(`+FULLRESYNC ${REPLID} 0\r\n$18\r\n${TINY_RDB}*1\r\n$4\r\nPING\r\n`);
    running.stop();
    expect(events.find(({ kind }) => kind === 'stream-end')).toMatchObject({
      why: 'stopped',
      commands: 1,
      offset: 14,
    });
    expect(wire.closed).toBe(true);
    expect(isDone()).toBe(true);
  });
});
