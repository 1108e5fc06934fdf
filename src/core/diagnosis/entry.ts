/**
 * What a diagnosis is: one entry of the table per fault. `--explain ID` and docs/diagnoses.md are made from the entries,
 * the rules (rules/*.ts) recognise them. Ids are stable: scripts and bug reports refer to them.
 */

/** Where in a visit the fault shows; also the chapters of docs/diagnoses.md. */
export type Chapter =
  | 'reach'
  | 'login'
  | 'state'
  | 'introduce'
  | 'software'
  | 'psync'
  | 'position'
  | 'snapshot'
  | 'stream'
  | 'replica-attach'
  | 'replica-stream';

/** `fault`: replication does not work. `warning`: it works, but something will go wrong later. */
export type Severity = 'fault' | 'warning';

export interface Entry {
  readonly id: string;
  readonly chapter: Chapter;
  readonly severity: Severity;
  /** What is seen on the wire. */
  readonly seen: string;
  /** What it means. */
  readonly means: string;
  /** What to do. */
  readonly fix: string;
  /** Where the rule comes from: a function of redis 7.2.6, a public issue. */
  readonly source: string;
  /** Rows of docs/failure-modes.md that it covers. */
  readonly modes: readonly number[];
  /** The longer story. */
  readonly explain: string;
}

/** Checks ids at compile time: each file's entries keep their literal ids. */
export function entries<const T extends readonly Entry[]>(list: T): T {
  return list;
}
