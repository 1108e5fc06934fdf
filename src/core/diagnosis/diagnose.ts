/**
 * From evidence to findings. The groups below are asked in the order of a visit; of a group the first matching rule
 * speaks. So one run names several independent faults, and never two explanations of one fact.
 */
import { type Evidence } from './evidence.js';
import { firstOf, type Finding, type Rule } from './rule.js';
import { ANSWER_RULES, CONTINUE_RULES, INTRODUCE_RULES, POSITION_RULES } from './rules/answers.js';
import { REACH_RULES } from './rules/reach.js';
import {
  OFFSET_RULES,
  SNAPSHOT_RULES,
  SNAPSHOT_SIDE_RULES,
  STREAM_RULES,
  TRANSFER_RULES,
} from './rules/sync.js';

/** One group for each question that has one answer. */
export const RULE_GROUPS: readonly (readonly Rule[])[] = [
  [...REACH_RULES, ...ANSWER_RULES],
  INTRODUCE_RULES,
  POSITION_RULES,
  CONTINUE_RULES,
  TRANSFER_RULES,
  SNAPSHOT_RULES,
  SNAPSHOT_SIDE_RULES,
  STREAM_RULES,
  OFFSET_RULES,
];

/** All that the evidence shows, in the order of a visit; each id once. */
export function diagnose(evidence: Evidence): Finding[] {
  const findings = RULE_GROUPS.map((group) => firstOf(group, evidence)).filter(
    (found) => found !== undefined,
  );
  return findings.filter((found, i) => findings.findIndex((other) => other.id === found.id) === i);
}
