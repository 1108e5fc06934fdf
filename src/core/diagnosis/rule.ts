/**
 * A rule: when the evidence shows a fault, the finding says so in words made of the evidence. Rules stand in groups; of a
 * group the first that matches speaks, so that the more exact explanation comes before the vaguer one.
 */
import { type Bytes } from '../base/bytes.js';
import { type Severity } from './entry.js';
import { type Evidence } from './evidence.js';
import { type DiagnosisId } from './table.js';

export interface Finding {
  readonly id: DiagnosisId;
  /** When it is another than the entry's. */
  readonly severity?: Severity;
  /** What was seen here and what it means, in sentences; the entry's `means` when there is nothing to add. */
  readonly text?: string;
  /** What to do here, when the entry's advice is for another case. */
  readonly fix?: string;
  /** What a probe added: "Confirmed: ...". */
  readonly confirmed?: string;
  /** Bytes to show, with a mark under the first that was not expected. */
  readonly bytes?: {
    readonly got: Bytes;
    readonly unexpectedAt: number;
    readonly wouldBe: readonly string[];
  };
}

export interface Rule {
  readonly id: DiagnosisId;
  /** The finding, or undefined when the evidence does not show this fault. `{}` takes the entry's words. */
  readonly when: (evidence: Evidence) => Omit<Finding, 'id'> | undefined;
}

/** The first finding of a group. */
export function firstOf(rules: readonly Rule[], evidence: Evidence): Finding | undefined {
  for (const rule of rules) {
    const found = rule.when(evidence);
    if (found) return { id: rule.id, ...found };
  }
  return undefined;
}

/** A rule that looks at the line that decided. */
export function onLine(id: DiagnosisId, pattern: RegExp, line: (evidence: Evidence) => Bytes): Rule {
  return { id, when: (evidence) => (pattern.test(line(evidence)) ? {} : undefined) };
}
