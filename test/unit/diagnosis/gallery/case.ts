/** One broken server of the gallery, and what it must be called. */
import { bulk, infoText, REPLID } from '../../../support/fake-master.js';
import { type WireAnswer, type WireOptions, type WireScript } from '../../../support/wire-master.js';

export interface Case {
  /** All that must be found, and nothing else. */
  readonly ids: readonly string[];
  readonly what: string;
  /** A function where the server remembers something. */
  readonly script: WireScript | (() => WireScript);
  readonly options?: WireOptions;
}

/** A case: ids joined by blanks. */
export function a(ids: string, what: string, script: Case['script'], options?: WireOptions): Case {
  return { ids: ids.split(' ').filter((id) => id !== ''), what, script, ...(options && { options }) };
}

/** Answers a full sync with these bytes, and a partial one as it should be. */
export const sync =
  (bytes: string): WireAnswer =>
  (args) =>
    args[1] === '?' ? bytes : `+CONTINUE ${REPLID}\r\n`;

/** INFO of a real Redis. */
export const info = (fields: Readonly<Record<string, string | number>> = {}): string =>
  bulk(infoText({ run_id: 'a'.repeat(40), redis_mode: 'standalone', sync_full: 3, ...fields }));

/** The first answer of a row, then the second, and the last for ever. */
export function inTurn(...answers: readonly string[]): WireAnswer {
  let n = 0;
  return () => answers[Math.min(n++, answers.length - 1)];
}

/** `-ERR unknown command` as 7.2 says it. */
export const unknown: WireAnswer = ([name, ...args]) =>
  `-ERR unknown command '${name}', with args beginning with: ${args.map((arg) => `'${arg}' `).join('')}\r\n`;

/** INFO of a home-made server. */
export const homeMadeInfo = (fields = '', offset = 0): string =>
  bulk(
    `# Replication\r\nrole:master\r\nmaster_replid:${REPLID}\r\nmaster_repl_offset:${offset}\r\n${fields}`,
  );
