/**
 * From evidence to findings. The groups below are asked in the order of a visit; of a group the first matching rule
 * speaks. So one run names several independent faults, and never two explanations of one fact.
 */
import { type Evidence } from './evidence.js';
import { firstOf, type Finding, type Rule } from './rule.js';
import {
  BURST_RULES,
  CASE_RULES,
  INTRODUCE_FAULTS,
  INTRODUCE_RULES,
  LINE_END_RULES,
  PING_RULES,
} from './rules/introduce.js';
import { LOGIN_RULES, STATE_RULES } from './rules/login.js';
import {
  CLOSED_RULES,
  CONTINUE_RULES,
  COUNTING_RULES,
  LISTING_RULES,
  MIN_REPLICAS_RULES,
  POSITION_RULES,
  REPLID_RULES,
  RESYNC_RULES,
} from './rules/position.js';
import { PSYNC_RULES, UNKNOWN_ANSWER, WAIT_RULES } from './rules/psync.js';
import { ADDRESS_RULES, REACH_RULES } from './rules/reach.js';
import {
  SNAPSHOT_CONTENT_RULES,
  SNAPSHOT_RULES,
  SNAPSHOT_SIDE_RULES,
  TRANSFER_RULES,
} from './rules/snapshot.js';
import { KEYDB_RULES, SOFTWARE_RULES } from './rules/software.js';
import { CONTENT_RULES, HELLO_RULES, LINK_RULES, OFFSET_RULES, STREAM_RULES } from './rules/stream.js';

/** Why a handshake ended: one reason, the more exact before the vaguer. */
const END_RULES: readonly Rule[] = [
  ...REACH_RULES,
  ...LOGIN_RULES,
  ...STATE_RULES,
  ...SOFTWARE_RULES,
  ...INTRODUCE_FAULTS,
  ...PSYNC_RULES,
  UNKNOWN_ANSWER,
];

/** One group for each question that has one answer. */
export const RULE_GROUPS: readonly (readonly Rule[])[] = [
  END_RULES,
  ADDRESS_RULES,
  PING_RULES,
  LINE_END_RULES,
  INTRODUCE_RULES,
  BURST_RULES,
  CASE_RULES,
  WAIT_RULES,
  POSITION_RULES,
  REPLID_RULES,
  RESYNC_RULES,
  CONTINUE_RULES,
  TRANSFER_RULES,
  SNAPSHOT_RULES,
  SNAPSHOT_SIDE_RULES,
  SNAPSHOT_CONTENT_RULES,
  STREAM_RULES,
  LINK_RULES,
  CONTENT_RULES,
  HELLO_RULES,
  OFFSET_RULES,
  KEYDB_RULES,
  LISTING_RULES,
  CLOSED_RULES,
  COUNTING_RULES,
  MIN_REPLICAS_RULES,
];

/** All that the evidence shows, in the order of a visit; each id once. */
export function diagnose(evidence: Evidence): Finding[] {
  const findings = RULE_GROUPS.map((group) => firstOf(group, evidence)).filter(
    (found) => found !== undefined,
  );
  return findings.filter((found, i) => findings.findIndex((other) => other.id === found.id) === i);
}
