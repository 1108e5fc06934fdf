/**
 * Which warnings of a watched server are over. One is over when it was absent from several looks in a row, what it was about is
 * still there, and nothing worse has taken its place: a link that went down is no end of a silent master, and a replica that
 * left does not make its master safe. Kept by event-log.ts.
 */
import { replicaNameOf } from './changes.js';
import { CATALOGUE, type FindingId } from './findings/catalogue.js';
import { namedReplicas } from './history.js';
import { type Finding, type Report } from './model.js';

interface Raised {
  readonly finding: Finding;
  /** The replica that it is about: its number may change. */
  readonly name?: string;
  readonly sinceMs: number;
  /** Looks in a row without it, and when the first of them was. */
  readonly absent: number;
  readonly absentMs: number;
}

/** A finding that is over, and how long it was there. */
export interface Over {
  readonly key: string;
  readonly finding: Finding;
  readonly seconds: number;
}

/** One look is chance: rates and ages go up and down. */
const LOOKS_WITHOUT = 3;

/** What takes the place of a finding and is no better. */
const SUCCESSORS: Readonly<Partial<Record<FindingId, readonly FindingId[]>>> = {
  'master-silent': ['master-not-answering', 'link-down', 'sync-in-progress'],
  'master-not-answering': ['master-silent', 'link-down', 'sync-in-progress'],
  'link-down': ['sync-in-progress', 'sync-stalled'],
  'sync-in-progress': ['link-down', 'sync-stalled'],
  'sync-stalled': ['link-down'],
  'sub-replicas-cut-off': ['link-down', 'sync-in-progress'],
  'sync-attempts-failing': ['link-down', 'sync-in-progress'],
  'replica-lagging': ['ack-old', 'replica-not-online', 'link-down', 'master-silent'],
  'ack-old': ['replica-never-acks', 'replica-not-online'],
  'output-buffer-growing': ['output-buffer-near-limit', 'replica-not-online'],
  'output-buffer-near-limit': ['replica-not-online'],
  'backlog-too-small': ['backlog-inactive'],
};

/** Events of their own tell the end of these. */
const TOLD_OTHERWISE: ReadonlySet<FindingId> = new Set(['link-down']);

export class RaisedFindings {
  private raised = new Map<string, Raised>();

  /** Nothing that was said of before can be over: another server, or another process. */
  clear(): void {
    this.raised.clear();
  }

  /** Takes in the findings of `now`. Returns what is over since. */
  observe(now: Report, atMs: number): Over[] {
    const there = new Map<string, { finding: Finding; name?: string }>();
    for (const finding of now.findings) {
      const name = ofTheServer(finding.id) ? undefined : replicaNameOf(finding, now);
      const key = name === undefined ? finding.id : `${finding.id} ${name}`;
      if (!there.has(key)) there.set(key, { finding, name });
    }
    const over = [...this.raised].flatMap(([key, raised]) => this.absent(key, raised, there, now, atMs));
    for (const [key, { finding, name }] of there) {
      const sinceMs = this.raised.get(key)?.sinceMs ?? atMs;
      if (finding.severity === 'info') this.raised.delete(key);
      else this.raised.set(key, { finding, name, sinceMs, absent: 0, absentMs: 0 });
    }
    return over;
  }

  private absent(
    key: string,
    raised: Raised,
    there: ReadonlyMap<string, { finding: Finding; name?: string }>,
    now: Report,
    atMs: number,
  ): Over[] {
    if (there.has(key)) return [];
    const { finding, name, sinceMs, absent, absentMs } = raised;
    const successors = SUCCESSORS[finding.id] ?? [];
    const superseded = [...there.values()].some(
      (other) =>
        (other.finding.id === finding.id && other.name === undefined) ||
        (successors.includes(other.finding.id) &&
          (name === undefined || other.name === undefined || other.name === name)),
    );
    if (superseded || TOLD_OTHERWISE.has(finding.id) || !hasSubject(raised, now)) {
      this.raised.delete(key);
      return [];
    }
    const firstMs = absent === 0 ? atMs : absentMs;
    if (absent + 1 < LOOKS_WITHOUT) {
      this.raised.set(key, { ...raised, absent: absent + 1, absentMs: firstMs });
      return [];
    }
    this.raised.delete(key);
    return [{ key, finding, seconds: (firstMs - sinceMs) / 1000 }];
  }
}

/** One backlog serves all replicas: whom its size threatens changes from look to look. */
function ofTheServer(id: FindingId): boolean {
  return CATALOGUE[id].chapter === 'history';
}

/** What follows from having replicas ends with them, which is no good news. */
const NEEDS_REPLICAS: ReadonlySet<FindingId> = new Set(['backlog-too-small', 'master-without-persistence']);

/** Whether that which it was about is still there. */
function hasSubject({ finding: { id }, name }: Raised, now: Report): boolean {
  if (name !== undefined) return namedReplicas(now.replicas).some(([each]) => each === name);
  if (CATALOGUE[id].chapter === 'link') return now.link !== undefined;
  return !NEEDS_REPLICAS.has(id) || now.replicas.length > 0;
}
