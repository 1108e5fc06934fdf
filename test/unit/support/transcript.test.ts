import { describe, expect, it } from 'vitest';
import { parseTranscript, playTranscript } from '../../support/transcript.js';

const TEXT = '# two requests\nC: GET "a b"\nS: $2\nS: \\x00\\\\\n\nC: PING\nS: +PONG\n';

describe('transcripts', () => {
  it('are requests with the lines that answer them', () => {
    const [get, ping] = parseTranscript(TEXT);
    expect(get.sent.toString('latin1')).toBe('*2\r\n$3\r\nGET\r\n$3\r\na b\r\n');
    expect(get.answer).toBe('$2\r\n\x00\\\r\n');
    expect([ping.line, ping.answer]).toEqual([6, '+PONG\r\n']);
  });

  it('refuse a line that is nothing', () => {
    expect(() => parseTranscript('S: +OK')).toThrow('line 1: S: +OK');
    expect(() => parseTranscript('X: GET')).toThrow('line 1: X: GET');
  });

  it('tell the first answer that differs, and a server that needs whole requests', () => {
    const exchanges = parseTranscript('C: PING\nS: +PONG\nC: PING\nS: +PONG\n');
    const ping = '*1\r\n$4\r\nPING\r\n';
    const needsWhole = () => ({
      send: (wire: Buffer) => '+PONG\r\n'.repeat(wire.toString('latin1').split(ping).length - 1),
    });
    expect(playTranscript(exchanges, () => ({ send: () => '-ERR\r\n' }))).toMatchObject({
      where: 'line 1: PING',
      actual: '-ERR\r\n',
    });
    expect(playTranscript(exchanges, needsWhole)).toMatchObject({ where: 'byte by byte', actual: '' });
  });
});
