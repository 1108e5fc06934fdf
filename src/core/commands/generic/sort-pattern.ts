/**
 * The patterns of SORT's BY and GET: what another key, or a field of a hash, holds for an element.
 *
 *   #              the element itself
 *   weight_*       the string at the key in which the element takes the place of the first `*`
 *   user_*->name   the field `name` of the hash at that key
 *
 * Source: redis 7.2.6 sort.c:lookupKeyByPattern.
 */
import { type Bytes } from '../../base/bytes.js';
import { type Database } from '../../store/database.js';
import { HashValue } from '../../store/types/hash-value.js';
import { type StringValue, isStringValue } from '../../store/types/value.js';

export type SortPattern =
  | { readonly kind: 'element' }
  /** Without a `*`, it stands for nothing. */
  | { readonly kind: 'constant' }
  | {
      readonly kind: 'key';
      readonly prefix: Bytes;
      readonly suffix: Bytes;
      /** The field of a hash; undefined: the key holds a string. */
      readonly field: Bytes | undefined;
    };

/** Reads a pattern. `*` and `->` are looked for up to a NUL byte. */
export function sortPattern(text: Bytes): SortPattern {
  if (text === '#') return { kind: 'element' };
  const nul = text.indexOf('\0');
  const length = nul < 0 ? text.length : nul;
  const star = text.indexOf('*');
  if (star < 0 || star >= length) return { kind: 'constant' };
  const arrow = text.indexOf('->', star + 1);
  const hasField = arrow >= 0 && arrow + 2 < length;
  return {
    kind: 'key',
    prefix: text.slice(0, star) as Bytes,
    suffix: text.slice(star + 1, hasField ? arrow : text.length) as Bytes,
    field: hasField ? (text.slice(arrow + 2) as Bytes) : undefined,
  };
}

/** What the pattern stands for with this element; undefined: nothing. Looking a key up counts as reading it. */
export function valueFor(db: Database, pattern: SortPattern, element: Bytes): StringValue | undefined {
  if (pattern.kind === 'element') return element;
  if (pattern.kind === 'constant') return undefined;
  const value = db.lookupRead((pattern.prefix + element + pattern.suffix) as Bytes);
  if (value === undefined) return undefined;
  if (pattern.field !== undefined) return value instanceof HashValue ? value.get(pattern.field) : undefined;
  return isStringValue(value) ? value : undefined;
}
