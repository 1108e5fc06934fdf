import { describe, expect, it } from 'vitest';
import { ascii } from '../../../src/core/base/bytes.js';
import { compareWithRedis } from '../../../src/core/diagnosis/expected.js';
import { type Stage } from '../../../src/core/replication/handshake/observer.js';

const ID = '8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb';

describe('compareWithRedis', () => {
  const cases: readonly (readonly [Stage, string, number])[] = [
    ['ping', '+PONG\r\n', 7],
    ['ping', '+PING\r\n', 2],
    ['ping', '', 0],
    ['capa', '+KO\r\n', 1],
    ['psync', '+FULLRESYNC', 11],
    ['psync', `+FULLRESYNC ${ID}\r\n`, 52],
    ['psync', `+FULLRESYNC ${ID} 12\r\n`, 57],
    ['psync', `+FULLRESYNC ${ID} 12x`, 55],
    ['psync', `+FULLRESYNC ${ID.toUpperCase()} 0\r\n`, 16],
    ['psync', `+FULLRESYNC ${ID}ff 0\r\n`, 52],
    ['snapshot', '$12\r\n', 5],
    ['snapshot', '$EOF:xyz', 5],
    ['snapshot', '*1\r\n', 0],
    ['stream', '*1\r\n$4\r\n', 8],
    ['stream', '+OK\r\n', 0],
  ];
  it.each(cases)('%s %j leaves what Redis sends at byte %i', (stage, got, at) => {
    expect(compareWithRedis(stage, ascii(got), 'full').unexpectedAt).toBe(at);
  });

  it('allows a partial resync where one was asked for', () => {
    const asked = { replid: ascii(ID), offset: 1 };
    const { unexpectedAt, wouldBe } = compareWithRedis('psync', ascii('+CONTINUE\r\n'), asked);
    expect(unexpectedAt).toBe(9);
    expect(wouldBe).toEqual([
      '+CONTINUE <40 hex digits>\\r\\n',
      '+FULLRESYNC <40 hex digits> <digits>\\r\\n',
    ]);
  });
});
