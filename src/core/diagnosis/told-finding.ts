/**
 * A finding as it is told: with the words and the severity that hold for it. What a finding says for itself counts; the entry of
 * its id says the rest. Everything that tells a finding (the trace, the judge of replicas, the variants of the conformance,
 * the manual drive) makes it here, and the renderers show what stands in it.
 */
import { type Severity } from './entry.js';
import { type Finding } from './rule.js';
import { entryOf } from './table.js';

export interface ToldFinding {
  readonly finding: Finding;
  readonly severity: Severity;
  /** The entry's words: shown where the finding has no text of its own. */
  readonly means: string;
  readonly fix: string;
}

/** The finding with everything that is told of it. */
export function told(finding: Finding): ToldFinding {
  const { means, fix } = entryOf(finding.id);
  return { finding, severity: severityOf(finding), means, fix: finding.fix ?? fix };
}

/** How severe it is here. */
export function severityOf({ id, severity }: Finding): Severity {
  return severity ?? entryOf(id).severity;
}
