/**
 * What must hold of every trace: it is as docs/handshake.schema.json says, it can be read back and diagnosed again with the same
 * result, and it can be redacted without another result. `examinePort` asks it of each examination that a test makes.
 */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { expect } from 'vitest';
import { TraceReader } from '../../src/core/diagnosis/tape/read.js';
import { Redactor } from '../../src/core/diagnosis/tape/redact.js';
import { redacting } from '../../src/core/diagnosis/tape/redacting.js';
import { Replay, type Replayed } from '../../src/core/diagnosis/tape/replay.js';
import { type TraceEvent } from '../../src/core/diagnosis/trace.js';

const SCHEMA = new URL('../../docs/handshake.schema.json', import.meta.url);
export const traceSchema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as {
  oneOf: readonly { $ref: string }[];
  definitions: { events: Readonly<Record<string, unknown>> };
};
const ajv = new Ajv({ allErrors: true }).addSchema(traceSchema, 'trace');
const validators = new Map<string, ValidateFunction>();

/** What the schema finds wrong with a line of a trace. */
export function schemaFaults(line: string): unknown[] {
  const event = JSON.parse(line) as { kind: string };
  let validate = validators.get(event.kind);
  if (!validate) {
    validate = ajv.compile({ $ref: `trace#/definitions/events/${event.kind}` });
    validators.set(event.kind, validate);
  }
  validate(event);
  return (validate.errors ?? []).map((error) => ({ kind: event.kind, ...error }));
}

/** The lines that `--json` prints. */
export function linesOf(events: readonly TraceEvent[]): string[] {
  return events.map((event) => JSON.stringify(event));
}

export interface Rerun extends Replayed {
  readonly lines: readonly string[];
}

/** Reads lines back and diagnoses them, redacted when that is asked for. */
export function replayLines(lines: readonly string[], redactor?: Redactor): Rerun {
  const reader = new TraceReader();
  const out: TraceEvent[] = [];
  const replay = new Replay((event) => out.push(event));
  for (const line of lines) {
    const event = reader.read(line);
    if (event) replay.take(redactor ? redactor.redact(event) : event);
  }
  reader.finish();
  return { ...replay.finish(), lines: linesOf(out) };
}

/** Holds a trace to all of it. */
export function checkTape(events: readonly TraceEvent[]): void {
  const lines = linesOf(events);
  expect(lines.flatMap(schemaFaults)).toEqual([]);
  const again = replayLines(lines);
  expect(again.lines).toEqual(lines);
  expect(again.recordedIds).toBeUndefined();
  for (const addresses of [false, true]) checkRedacted(events, again, addresses);
}

function checkRedacted(events: readonly TraceEvent[], original: Rerun, addresses: boolean): void {
  const live: TraceEvent[] = [];
  const observer = redacting({ addresses }, (event) => live.push(event));
  for (const event of events) observer(event);
  const lines = linesOf(live);
  expect(lines.flatMap(schemaFaults)).toEqual([]);
  const replayed = replayLines(lines);
  expect(replayed.lines).toEqual(lines);
  expect([replayed.verdict, replayed.ids]).toEqual([original.verdict, original.ids]);
  // A trace that was redacted afterwards is the same.
  expect(replayLines(linesOf(events), new Redactor({ addresses })).lines).toEqual(lines);
  if (addresses) expect(lines.join('\n')).not.toMatch(/127\.0\.0\.1/);
}
