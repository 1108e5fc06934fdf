/** Redaction of a trace as it is made: what is passed on has its data masked and a diagnosis of its own. */
import { type TraceEvent } from '../trace.js';
import { Redactor, type RedactOptions } from './redact.js';
import { Replay } from './replay.js';

/**
 * An observer that passes each event on to `observer` with its data masked. Findings and verdict are made anew from the
 * masked events, so their texts quote nothing that is hidden.
 */
export function redacting(
  options: RedactOptions,
  observer: (event: TraceEvent) => void,
): (event: TraceEvent) => void {
  const redactor = new Redactor(options);
  const replay = new Replay(observer);
  return (event) => {
    replay.take(redactor.redact(event));
    if (event.kind === 'end') replay.finish();
  };
}
