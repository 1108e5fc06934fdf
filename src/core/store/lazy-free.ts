/**
 * Lazy freeing: what UNLINK, ASYNC and the lazyfree-* directives mean where a garbage collector frees everything: nothing but
 * which values are counted as freed in the background, and which word a deletion is propagated with. A value is pending until the
 * end of the turn in which it was let go. The rule which values are worth it is that of redis 7.2.6 lazyfree.c.
 */
import { type DeferredFrees } from './long-strings.js';
import { DEFAULT_LIMITS, listNodeLimits } from './types/encoding.js';
import { type Value } from './types/value.js';

/** A value of more parts than this is freed in the background. */
const THRESHOLD = 64;

/** The lazyfree-* directives. */
export interface LazySettings {
  readonly lazyfreeLazyEviction: boolean;
  readonly lazyfreeLazyExpire: boolean;
  readonly lazyfreeLazyServerDel: boolean;
}

export class LazyFree {
  eviction = false;
  expire = false;
  /** Values that a command replaces. */
  serverDel = false;

  constructor(private readonly frees: DeferredFrees) {}

  /** Takes over what is configured. */
  configure(settings: LazySettings): void {
    this.eviction = settings.lazyfreeLazyEviction;
    this.expire = settings.lazyfreeLazyExpire;
    this.serverDel = settings.lazyfreeLazyServerDel;
  }

  /** `value` is let go of and to be freed in the background. */
  value(value: Value): void {
    if (typeof value === 'object' && freeEffort(value) > THRESHOLD) this.frees.addObjects(1);
  }

  /** A whole database with as many keys. */
  keys(count: number): void {
    if (count > 0) this.frees.addObjects(count);
  }

  get pendingObjects(): number {
    return this.frees.pendingObjects;
  }

  get freedObjects(): number {
    return this.frees.freedObjects;
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    this.frees.freedObjects = 0;
  }
}

/** In how many pieces Redis would have to free it (redis 7.2.6 lazyfree.c:lazyfreeGetFreeEffort). */
function freeEffort(value: Exclude<Value, string | number>): number {
  switch (value.kind) {
    case 'string':
      return 1;
    case 'list':
      return Math.ceil(value.packedBytes / listNodeLimits(DEFAULT_LIMITS).maxBytes);
    case 'set':
      return isPacked(value, DEFAULT_LIMITS.setMaxListpackEntries) ? 1 : value.size;
    case 'hash':
      return isPacked(value, DEFAULT_LIMITS.hashMaxListpackEntries) ? 1 : value.size;
    case 'zset':
      return isPacked(value, DEFAULT_LIMITS.zsetMaxListpackEntries) ? 1 : value.size;
    case 'stream': {
      const [group] = value.groups.values();
      return value.nodeCount + (group === undefined ? 0 : value.groups.size * (1 + group.pel.size));
    }
  }
}

/** Whether Redis holds it in one piece; an encoding that is not settled yet is judged by the default limit. */
function isPacked(value: { encoding: string; size: number }, limit: number): boolean {
  return value.encoding !== 'hashtable' && value.encoding !== 'skiplist' && value.size <= limit;
}
