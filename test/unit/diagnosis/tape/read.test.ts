/** Reading a saved trace: the schema and the reader know the same kinds; what is no trace is refused with its line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import { EVENT_SHAPES, STAGES } from '../../../../src/core/diagnosis/tape/events.js';
import { TraceError, TraceReader } from '../../../../src/core/diagnosis/tape/read.js';
import { startFakeMaster } from '../../../support/fake-master.js';
import { examinePort } from '../../../support/examine.js';
import { linesOf, replayLines, schemaFaults, traceSchema } from '../../../support/tape-check.js';

const TARGET = { atUs: 0, conn: 1, step: 'examine', kind: 'target', schema: 1, target: 'h:1', tls: false };
const END = { atUs: 9, conn: 1, step: 'examine', kind: 'end', verdict: 'passed', faults: [], warnings: [] };

function complaint(lines: readonly (string | object)[]): string {
  try {
    replayLines(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))));
  } catch (error) {
    if (error instanceof TraceError) return error.message;
    throw error;
  }
  return 'none';
}

const send = (more: object): object => ({
  atUs: 1,
  conn: 1,
  step: 'ping',
  kind: 'send',
  bytes: 'x',
  args: ['PING'],
  ...more,
});

describe('docs/handshake.schema.json', () => {
  it('has the kinds and the steps that the reader knows', () => {
    const { events } = traceSchema.definitions;
    expect(Object.keys(events).sort()).toEqual(Object.keys(EVENT_SHAPES).sort());
    expect(traceSchema.oneOf.map(({ $ref }) => $ref.split('/').at(-1)).sort()).toEqual(
      Object.keys(events).sort(),
    );
    const { stage } = traceSchema.definitions as unknown as { stage: { enum: string[] } };
    expect([...stage.enum, 'examine'].sort()).toEqual([...STAGES].sort());
  });

  it('refuses a field that it does not know, and bytes beyond a byte', () => {
    expect(schemaFaults(JSON.stringify(TARGET))).toEqual([]);
    expect(schemaFaults(JSON.stringify({ ...TARGET, surprise: 1 }))).not.toEqual([]);
    expect(schemaFaults(JSON.stringify(send({ bytes: '\u0100' })))).not.toEqual([]);
  });
});

describe('TraceReader', () => {
  it.each<[string, readonly (string | object)[]]>([
    ['line 1: no trace of redis-ts handshake --json: it is empty', []],
    ['line 1: not a trace of redis-ts handshake --json: not JSON', ['→ 127.0.0.1:6379']],
    ['line 1: not an event: no JSON object', ['[]']],
    ['line 1: not an event of redis-ts handshake --json: it has no "kind"', ['{"schema":1,"status":"ok"}']],
    ['line 1: no event is of the kind "toString"', ['{"kind":"toString"}']],
    ['line 1: target: schema is none of: 1', [{ ...TARGET, schema: 2 }]],
    ['line 1: a trace begins with "target", not with "send"', [send({})]],
    ['line 2: damaged: not JSON', [TARGET, '{"atUs":1,"conn":1,"st']],
    [
      'line 3: send: bytes has a character beyond U+00FF: one stands for one byte',
      [TARGET, '', send({ bytes: '\u20ac' })],
    ],
    ['line 2: send: args[1] is no string', [TARGET, send({ args: ['PING', 1] })]],
    ['line 2: send: args is missing', [TARGET, { ...send({}), args: undefined }]],
    ['line 2: send: step is examine', [TARGET, send({ step: 'examine' })]],
    ['line 2: the trace ends here, before its "end": it was cut off', [TARGET, send({})]],
    ['line 3: the trace has ended before; one file holds one trace', [TARGET, END, TARGET]],
    ['none', [TARGET, send({}), END]],
  ])('%s', (expected, lines) => {
    expect(complaint(lines)).toBe(expected);
  });

  it('refuses a line without an end', () => {
    const reader = new TraceReader();
    expect(() => reader.read('x'.repeat(5 * 1024 * 1024))).toThrow('line 1: longer than');
  });

  it('throws nothing else, whatever is done to a line', async () => {
    const master = await startFakeMaster({});
    const { events } = await examinePort(master.port, { follow: { forMs: 20 } });
    await master.stop();
    const lines = linesOf(events);
    const junk = fc.oneof(fc.constant(null), fc.integer(), fc.string(), fc.constant([]), fc.constant({}));
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.nat(), junk, fc.boolean(), (at, which, value, cut) => {
        const event = JSON.parse(lines[at]) as Record<string, unknown>;
        const names = Object.keys(event);
        event[names[which % names.length]] = value;
        const text = JSON.stringify(event);
        const changed = [...lines];
        changed[at] = cut ? text.slice(0, which % text.length) : text;
        expect(complaint(changed)).toMatch(/^(none|line \d+: .+)$/);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps every byte', async () => {
    const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
    const master = await startFakeMaster({ raw: (_chunk, c) => c.send(`${all}\r\n`) });
    const { events } = await examinePort(master.port);
    await master.stop();
    const fault = linesOf(events).map((line) => JSON.parse(line) as { kind: string; bytes: string });
    const seen = fault.filter(({ kind }) => kind === 'receive' || kind === 'fault').map(({ bytes }) => bytes);
    expect(seen.join('')).toBe(ascii(`${all}\r\n`));
  });
});
