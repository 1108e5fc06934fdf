import { describe, expect, it } from 'vitest';
import { replicaTraceRenderer } from '../../../src/cli/render/replica-trace.js';
import { type ReplicaEvent } from '../../../src/core/diagnosis/replica/events.js';
import { GETACK, JudgeWire, resp, SELECT } from '../../support/judge-wire.js';

const WIDE = { color: false, unicode: true, width: Infinity };

function rendered(events: readonly ReplicaEvent[], terminal = WIDE): string {
  const render = replicaTraceRenderer(terminal);
  const attach = render({ conn: 1, event: { kind: 'attach', atMs: 1000, peer: '10.0.0.6:51122' } });
  return attach + events.map((event) => render({ conn: 1, event })).join('');
}

function story(): JudgeWire {
  const wire = new JudgeWire().diskless(77).ack(77);
  wire.wait(1000).ack(77).wait(200).master(GETACK).ack(114).wait(800).master(SELECT).ack(137);
  wire.wait(11_000).replica('+OK\r\n');
  wire.judge.closed(wire.nowMs, 'replica');
  return wire;
}

describe('the text of serve --trace', () => {
  it('a replica from its first byte to its last', () => {
    const mark = (text: string, sign = '✔'): string => `${text.padEnd(78)} ${sign}`;
    expect(rendered(story().events).split('\n')).toEqual([
      '→ replica #1 from 10.0.0.6:51122',
      '#1      0.00 ms  < PING',
      mark('#1      0.00 ms  > +PONG'),
      '#1      0.00 ms  < REPLCONF listening-port 6380',
      '#1      0.00 ms  < REPLCONF capa eof capa psync2',
      mark('#1      0.00 ms  > +OK'),
      mark('#1      0.00 ms  > +OK'),
      '#1      0.00 ms  < PSYNC ? -1',
      '#1      0.00 ms  > \\n   line feed: the snapshot is not ready yet',
      mark('#1      0.00 ms  > +FULLRESYNC 8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb 77'),
      '#1      0.00 ms  > $EOF:   the snapshot begins',
      mark('#1      0.00 ms  > snapshot 88 B in 0.0 ms'),
      mark('#1      0.00 ms  < ACK 77   sent 77, 0 B behind'),
      mark('#1   1000.00 ms  < ACK 77   sent 77, 0 B behind'),
      '#1   1200.00 ms  > REPLCONF GETACK *   the answer is 77',
      mark('#1   1200.00 ms  < ACK 114   sent 114, 0 B behind, getack-counted-early', '✖'),
      '',
      '✖ getack-counted-early  (replica #1)',
      '  GETACK stood at 77 and was answered with 114, 37 too many: the GETACK itself.',
      '  Answer with the number of bytes before the GETACK, and add its 37 bytes afterwards.',
      '  More: redis-ts handshake --explain getack-counted-early',
      '',
      mark('#1   2000.00 ms  < ACK 137   sent 137, 0 B behind'),
      '',
      '✖ no-acks  (replica #1)',
      '  Its last ACK came 11 s ago.',
      '  Send `REPLCONF ACK <offset>` once a second, whether anything has changed or not.',
      '  More: redis-ts handshake --explain no-acks',
      '',
      mark('#1      13.0 s   < +OK\\r\\n', '✖'),
      '',
      '✖ replies-to-stream  (replica #1)',
      '  It sent `+OK\\r\\n` on the connection on which it receives the stream.',
      '  Execute what comes from the master without writing a reply. Only REPLCONF GETACK is answered.',
      '  More: redis-ts handshake --explain replies-to-stream',
      '',
      '#1      13.0 s   closed by the replica',
      '',
    ]);
  });

  it('fits 80 columns', () => {
    const long = resp('REPLCONF', 'capa', 'eof', 'capa', 'psync2', 'capa', 'x'.repeat(200));
    const { events } = story().replica(long);
    const more = new JudgeWire().replica(long).events;
    for (const unicode of [true, false]) {
      const lines = rendered([...events, ...more], { color: false, unicode, width: 80 }).split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    }
  });

  it('is ASCII where the terminal knows no more', () => {
    const text = rendered(story().events, { ...WIDE, unicode: false });
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text).toContain('x getack-counted-early');
  });

  it('counts the line feeds of a replica that waits', () => {
    const wire = new JudgeWire().introduce().replica(resp('PSYNC', '?', '-1'));
    for (let i = 0; i < 5; i++) wire.wait(1000).master('\n');
    const text = rendered(wire.master('-ERR no\r\n').events);
    expect(text.match(/line feed: the snapshot/g)).toHaveLength(1);
    expect(text).toContain('(5 line feeds while it waits)');
  });

  it('what a replica sends cannot steer the terminal', () => {
    const wire = new JudgeWire().full(0).ack(0).replica('+\x1b[2J\u009b\r\n').replica(resp('\x1b]0;x\x07'));
    // eslint-disable-next-line no-control-regex
    expect(rendered(wire.events)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  });
});
