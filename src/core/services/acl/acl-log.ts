/**
 * AclLog: what clients were denied, newest first: calls and failed logins. What happens again within a minute is counted in the entry
 * that is there (redis 7.2.6 acl.c:addACLLogEntry).
 */
import { type Bytes } from '../../base/bytes.js';
import { type Denial } from './environment.js';

/** So long after its last change an entry takes in others like it. */
const GROUPING_MS = 60_000;
/** So many of the newest entries are looked at for one like it. */
const LOOKED_AT = 10;

export type DenialReason = Denial['reason'] | 'auth';
export type DenialContext = 'toplevel' | 'multi' | 'lua';

/** What was denied to whom. */
export interface DeniedAccess {
  readonly reason: DenialReason;
  readonly context: DenialContext;
  /** The command, the key, the channel; for a failed login, the command as it was spelt. */
  readonly object: Bytes;
  readonly user: Bytes;
  /** The client, as CLIENT INFO shows it. */
  readonly clientInfo: string;
}

export interface AclLogEntry extends DeniedAccess {
  readonly id: number;
  readonly count: number;
  readonly createdMs: number;
  readonly updatedMs: number;
}

export class AclLog {
  /** Oldest first, so that adding one is cheap. */
  private entries: AclLogEntry[] = [];
  private nextId = 0;

  add(access: DeniedAccess, nowMs: number, maxLength: number): void {
    const { entries } = this;
    const at = this.findAlike(access, nowMs);
    if (at >= 0) {
      const [known] = entries.splice(at, 1);
      entries.push({ ...known, count: known.count + 1, clientInfo: access.clientInfo, updatedMs: nowMs });
      return;
    }
    entries.push({ ...access, id: this.nextId++, count: 1, createdMs: nowMs, updatedMs: nowMs });
    const excess = entries.length - maxLength;
    if (excess > 0) entries.splice(0, excess);
  }

  private findAlike({ reason, context, object, user }: DeniedAccess, nowMs: number): number {
    const oldest = Math.max(0, this.entries.length - LOOKED_AT);
    for (let at = this.entries.length - 1; at >= oldest; at--) {
      const entry = this.entries[at];
      if (
        entry.reason === reason &&
        entry.context === context &&
        Math.abs(nowMs - entry.updatedMs) <= GROUPING_MS &&
        entry.object === object &&
        entry.user === user
      ) {
        return at;
      }
    }
    return -1;
  }

  /** The newest `count` entries, newest first. */
  latest(count: number): AclLogEntry[] {
    const wanted = Math.min(count, this.entries.length);
    return this.entries.slice(this.entries.length - wanted).reverse();
  }

  reset(): void {
    this.entries = [];
  }
}
