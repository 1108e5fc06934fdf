import { describe, expect, it } from 'vitest';
import { ByteQueue } from '../../../src/core/base/byte-queue.js';
import { TransferDecoder, type TransferEvent } from '../../../src/core/replication/transfer.js';

const MARK = '0123456789abcdef0123456789abcdef01234567';

interface Read {
  readonly kinds: string[];
  readonly payload: string;
  readonly left: string;
  readonly events: TransferEvent[];
}

/** Feeds the pieces and collects everything that comes out. */
function read(pieces: readonly string[]): Read {
  const queue = new ByteQueue();
  const decoder = new TransferDecoder(queue);
  const events: TransferEvent[] = [];
  let payload = '';
  for (const piece of pieces) {
    queue.push(Buffer.from(piece, 'latin1'));
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
      if (event.kind === 'payload') payload += event.bytes.toString('latin1');
      events.push(event);
    }
  }
  const kinds = events
    .map(({ kind }) => kind)
    .filter((kind, i, all) => kind !== 'payload' || all[i - 1] !== 'payload');
  return { kinds, payload, left: queue.take(queue.length).toString('latin1'), events };
}

describe('the length form', () => {
  it('gives header, payload, end, and leaves the rest', () => {
    const { kinds, payload, left } = read(['$5\r\nabc\r\n*1\r\n']);
    expect(kinds).toEqual(['header', 'payload', 'end']);
    expect(payload).toBe('abc\r\n');
    expect(left).toBe('*1\r\n');
  });

  it('takes an empty payload', () => {
    expect(read(['$0\r\n+']).kinds).toEqual(['header', 'end']);
  });

  it('skips keepalives before the header', () => {
    const { kinds, events } = read(['\n\n', '\r\n', '$1\r\nx']);
    expect(kinds).toEqual(['keepalive', 'keepalive', 'keepalive', 'header', 'payload', 'end']);
    expect(events[3]).toEqual({ kind: 'header', form: 'length', length: 1, line: '$1' });
  });

  it('gives the same at every split', () => {
    const whole = '\n$6\r\n\xff\n$\r\n*rest';
    for (let at = 1; at < whole.length; at++) {
      const { kinds, payload, left } = read([whole.slice(0, at), whole.slice(at)]);
      expect(kinds).toEqual(['keepalive', 'header', 'payload', 'end']);
      expect(payload).toBe('\xff\n$\r\n*');
      expect(left).toBe('rest');
    }
  });
});

describe('the EOF form', () => {
  const whole = `$EOF:${MARK}\r\nREDIS${MARK.slice(0, 39)}0${MARK.slice(0, 3)}\xff${MARK}*1\r\n`;
  const payload = `REDIS${MARK.slice(0, 39)}0${MARK.slice(0, 3)}\xff`;

  it('ends at the mark, wherever the bytes are split', () => {
    for (let at = 1; at < whole.length; at++) {
      const got = read([whole.slice(0, at), whole.slice(at)]);
      expect(got.kinds).toEqual(['header', 'payload', 'end']);
      expect(got.payload).toBe(payload);
      expect(got.left).toBe('*1\r\n');
      expect(got.events.at(-1)).toEqual({ kind: 'end', totalBytes: payload.length });
    }
  });

  it('ends at the mark when it comes byte by byte', () => {
    const got = read([...whole]);
    expect(got.payload).toBe(payload);
    expect(got.left).toBe('*1\r\n');
  });

  it('hands payload out before the mark has come', () => {
    const got = read([`$EOF:${MARK}\r\nabc`]);
    expect(got.payload).toBe('abc');
    expect(got.left).toBe('');
  });

  it('keeps back only what could be the beginning of the mark', () => {
    const got = read([`$EOF:${MARK}\r\nabc0123`]);
    expect(got.payload).toBe('abc');
    expect(got.left).toBe('0123');
  });

  it('finds a mark behind a false beginning of it', () => {
    const double = '0'.repeat(39) + '1';
    const got = read([`$EOF:${double}\r\n00${double}x`]);
    expect(got.payload).toBe('00');
    expect(got.left).toBe('x');
  });

  it('hands out no piece above 64 KB', () => {
    const { events, payload: all } = read([`$EOF:${MARK}\r\n`, 'x'.repeat(200_000), MARK]);
    expect(all).toHaveLength(200_000);
    for (const event of events)
      if (event.kind === 'payload') expect(event.bytes.length).toBeLessThanOrEqual(65_536);
  });
});

describe('what is no snapshot', () => {
  it('an error line', () => {
    expect(read(['\n-ERR BGSAVE failed\r\n']).events.at(-1)).toEqual({
      kind: 'error',
      line: '-ERR BGSAVE failed',
    });
  });

  it.each(['REDIS0011', '*1\r\n', '+OK\r\n'])('%j stays in the queue', (bytes) => {
    const { events, left } = read([bytes]);
    expect(events).toEqual([{ kind: 'unexpected' }]);
    expect(left).toBe(bytes);
  });

  it.each(['$x\r\n', '$18x\r\n', '$-1\r\n', '$EOF:short\r\n', '$\r\n'])('%j is told', (bytes) => {
    expect(read([bytes]).events).toEqual([{ kind: 'unexpected', line: bytes.slice(0, -2) }]);
  });

  it('a header without an end', () => {
    expect(read(['$' + '1'.repeat(2000)]).events).toEqual([{ kind: 'unexpected' }]);
  });
});
