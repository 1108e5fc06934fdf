/** The trace as text: each kind of event, without colour, at a width of 100. */
import { describe, expect, it } from 'vitest';
import { traceRenderer } from '../../../src/cli/render/handshake.js';
import { ascii } from '../../../src/core/base/bytes.js';
import { type TraceEvent } from '../../../src/core/diagnosis/trace.js';

const PLAIN = { color: false, unicode: true, width: 100 };

function render(events: readonly unknown[], options: { hex?: boolean; width?: number } = {}): string {
  const renderer = traceRenderer({ terminal: { ...PLAIN, width: options.width ?? 100 }, hex: options.hex });
  return events
    .map((event) => renderer({ atUs: 1230, conn: 1, step: 'psync', ...(event as object) } as TraceEvent))
    .join('');
}

const receive = (verdict: string, line: string, more: object = {}): object => ({
  kind: 'receive',
  verdict,
  line: ascii(line),
  bytes: ascii(`${line}\r\n`),
  ...more,
});

describe('traceRenderer', () => {
  it('shows how a replica takes each answer', () => {
    const text = render([
      receive('ok', '+OK'),
      receive('ignored', '-ERR x'),
      receive('odd', '+pong', { expected: '+PONG' }),
      receive('fault', '-DENIED'),
    ]);
    expect(text.replace(/ {3,}/g, '   ')).toBe(
      '   1.23 ms  < +OK   ✔\n' +
        '   1.23 ms  < -ERR x   ⚠ a replica passes over this\n' +
        '   1.23 ms  < +pong   ⚠ Redis says +PONG\n' +
        '   1.23 ms  < -DENIED   ✖\n',
    );
  });

  it('keeps what it says of an answer, of a snapshot and of a list within the width', () => {
    const fullresync = `+FULLRESYNC ${'Z'.repeat(40)} 0`;
    const report = {
      ...{ bytes: 519, head: '', tail: '', magic: 'REDIS', version: 10, readableBy: 'Redis 7.0 and later' },
      aux: [
        ['redis-ver', '7.0.15'],
        ['repl-stream-db', '0'],
        ['repl-id', '7b715e2cd4ae1c0391cdc8120d5cf171b4ac4813'],
      ],
      ...{ keys: 30, keysByType: { string: 30 }, expires: 0, databases: 1, functions: 0 },
      census: {
        types: {},
        dbs: [],
        largest: [],
        expired: 0,
        functionNames: [],
        functionBytes: 0,
        modules: [],
      },
      ...{ checksum: { state: 'ok' }, cutShort: false, trailerBytes: 8, extraBytes: 0 },
    };
    const lines = render(
      [
        receive('ignored', '-ERR x'),
        receive('ignored', `-ERR ${'x'.repeat(45)}`),
        receive('odd', '+pong', { expected: '+PONG' }),
        receive('ok', fullresync),
        { kind: 'snapshot-end', report, ms: 2.7 },
        {
          kind: 'listing',
          lines: ['slave0:ip=127.0.0.1,port=6380,state=online,offset=123456789,lag=0'],
          ...{ listed: 1, weAre: 'us' },
        },
      ],
      { width: 80 },
    ).split('\n');
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(lines.slice(0, 6).map((line) => line.slice(13).replace(/ {2,}/g, '  '))).toEqual([
      '< -ERR x  ⚠ a replica passes over this',
      `< -ERR ${'x'.repeat(45)}  ⚠`,
      '  a replica passes over this',
      '< +pong  ⚠ Redis says +PONG',
      `< ${fullresync} ⚠`,
      '  the id is not hex',
    ]);
    expect(lines).toContain('                            redis-ver 7.0.15, repl-stream-db 0,');
    expect(lines).toContain('                            repl-id 7b715e2cd4ae1c0391cdc8120d5cf171b4ac4813');
    expect(lines.join('\n')).toMatch(/RDB 10,\n {28}30 keys \(30 string\), checksum ok ✔$/m);
    expect(lines.join('\n')).toMatch(/state=online,\n {28}offset=123456789,lag=0$/m);
  });

  it('puts a remark below an answer where it finds no room beside it', () => {
    const noauth = receive('ignored', '-NOAUTH Authentication required.');
    for (const width of [60, 80, 100]) {
      const lines = render([noauth], { width }).trimEnd().split('\n');
      expect(Math.max(...lines.map((line) => line.length)), lines.join('\n')).toBeLessThanOrEqual(width);
      expect(lines.join(' ')).toMatch(/required\. +⚠ +a replica passes over this$/);
    }
    expect(render([noauth], { width: 200 }).trimEnd()).not.toContain('\n');
  });

  it('counts keepalives after the first', () => {
    const beat = { kind: 'keepalive' };
    expect(render([beat, beat, beat, receive('ok', '+OK')])).toMatch(
      /^ {4}1\.23 ms {2}< \\n {3}keepalive: .*\n {4}1\.23 ms {4}\(3 keepalives\)\n {4}1\.23 ms {2}< \+OK/,
    );
  });

  it('makes what a server sends harmless', () => {
    const evil = 'x\x1b[2J\x07\u00e9';
    const text = render([
      receive('fault', evil),
      { kind: 'target', target: evil, tls: false },
      { kind: 'listing', lines: [evil], listed: 1, weAre: 'us' },
      {
        kind: 'finding',
        finding: { id: 'unknown-answer', text: evil },
        severity: 'fault',
        means: 'm',
        fix: 'f',
      },
    ]);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    expect(text).toContain('< x\\x1b[2J\\a\\xe9');
  });

  it('dumps bytes for --hex', () => {
    expect(render([receive('ok', '+OK')], { hex: true })).toContain(
      '               0000  2b 4f 4b 0d 0a                                   +OK..\n',
    );
  });

  it('dumps what was left over once, though the end of the connection carries it, too', () => {
    const rest = ascii('PONG\r\n');
    const left = [
      { kind: 'fault', why: 'unexpected', bytes: rest, waitedMs: 1, step: 'ping' },
      { kind: 'close', close: { by: 'us' }, bytes: rest, step: 'ping' },
    ];
    expect(render(left, { hex: true }).match(/50 4f 4e 47 0d 0a/g)).toHaveLength(1);
    // On another connection it is something else.
    const other = { ...left[1], conn: 2 };
    expect(render([...left, other], { hex: true }).match(/50 4f 4e 47 0d 0a/g)).toHaveLength(2);
    const crlf = [
      { kind: 'stream-noise', bytes: ascii('\r\n'), step: 'stream' },
      { kind: 'close', close: { by: 'us' }, bytes: ascii('\r\n'), step: 'stream' },
    ];
    expect(render(crlf, { hex: true }).match(/0000 {2}0d 0a/g)).toHaveLength(1);
  });

  it('shows bytes that are no command once, though the stream is broken by them', () => {
    const bytes = ascii('+OK\r\n');
    const noise = { kind: 'stream-noise', step: 'stream', bytes };
    const fault = { kind: 'stream-fault', step: 'stream', message: 'm', bytes };
    expect(render([noise, fault], { hex: true }).match(/< \+OK/g)).toHaveLength(1);
    expect(render([noise, fault], { hex: true }).match(/2b 4f 4b/g)).toHaveLength(1);
    expect(render([fault])).toContain('< +OK');
    expect(render([noise, { ...fault, bytes: ascii('-ERR x\r\n') }])).toContain('< -ERR x');
  });

  it('says the ACK out loud once', () => {
    const ack = { kind: 'send', step: 'stream', args: ['REPLCONF', 'ACK', '0'], bytes: '' };
    const text = render([ack, ack]);
    expect(text.match(/> REPLCONF ACK 0/g)).toHaveLength(2);
    expect(text.match(/withholds the stream/g)).toHaveLength(1);
  });

  it('shows the offset after each command, and what is cut', () => {
    const command = {
      kind: 'command',
      offset: 1234567,
      db: 0,
      wireLength: 30,
      args: ['SET', 'a b'],
      argc: 40,
    };
    expect(render([command])).toBe('    1.23 ms  <    1,234,567 db 0  SET "a b" ... (40 arguments)\n');
  });

  it('puts the caret under the byte, also where bytes are escaped', () => {
    const bytes = { got: ascii('\r\n\x01+OK'), unexpectedAt: 2, wouldBe: ['+OK\\r\\n', '$<digits>'] };
    const event = {
      kind: 'finding',
      finding: { id: 'unknown-answer', bytes },
      severity: 'fault',
      means: 'm',
      fix: 'f',
    };
    expect(render([event])).toBe(
      '\n✖ unknown-answer\n  m.\n' +
        '    got       \\r\\n\\x01+OK\n' +
        '                  ^ not expected\n' +
        '    expected  +OK\\r\\n\n' +
        '          or  $<digits>\n' +
        '  f\n  More: redis-ts handshake --explain unknown-answer\n',
    );
  });

  it('wraps to the width', () => {
    const event = { kind: 'warning', text: 'word '.repeat(60).trim() };
    for (const line of render([event], { width: 60 }).split('\n'))
      expect(line.length).toBeLessThanOrEqual(60);
  });

  it('fits what --between says into the width, and cuts none of its words', () => {
    const why = 'it speaks TLS: give us the plain port, and rediss:// for the way to the master';
    const ack = {
      ...{ kind: 'ack', offset: 98_211_004, aofOffset: 98_211_004, sent: 98_211_000, behindBytes: 0 },
      ...{ answersGetack: true, verdict: 'fault', why: 'ack-counts-characters' },
    };
    const events = [
      { kind: 'target', target: 'redis-7.cache.internal.example:6379', tls: true, between: '127.0.0.1:7000' },
      { kind: 'attached', replica: '127.0.0.1:47350' },
      { kind: 'passed-on', why },
      { kind: 'getack', offset: 98_211_041 },
      ack,
      { kind: 'odd', bytes: ascii('x'.repeat(300)) },
      { kind: 'stream-progress', commands: 1_000_000, bytesRead: 98_000_000, offset: 98_211_004 },
      {
        ...{ kind: 'noticed', side: 'replica', severity: 'fault', means: 'm', fix: 'f' },
        finding: { id: 'replication-that-has-a-very-long-id', text: 'word '.repeat(40) },
      },
      {
        kind: 'detached',
        by: 'master',
        ms: 800,
        error: 'the other side reset the connection while it was written to',
      },
    ];
    for (const width of [80, 100]) {
      const text = render(events, { width });
      for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width);
      // A mark stands behind the first of the lines.
      const flat = text.replace(/ ✖$/gm, '').replace(/\s+/g, ' ');
      expect(flat).toContain(why);
      expect(flat).toContain('(4 B more than was sent; 98,211,041 was asked): ack-counts-characters');
      expect(flat).toContain('the other side reset the connection while it was written to)');
      expect(flat).toContain('between it and who connects to 127.0.0.1:7000');
    }
  });

  it('names another connection', () => {
    const connect = { kind: 'connect', local: 'A', remote: 'B', localPort: 1 };
    expect(render([connect, { ...connect, conn: 2 }])).toBe(
      '    1.23 ms  connect        A → B\n→ again, connection 2\n    1.23 ms  connect        A → B\n',
    );
  });
});
