/**
 * Which product answers, and what it can read: servers that speak Redis's protocol put a version of their own into INFO beside
 * (or instead of) `redis_version`. The RDB versions are what each writes and can load. Pure.
 */
import { findField, findSection, type ParsedSection } from '../info/parse.js';

const PRODUCTS: readonly (readonly [field: string, product: string])[] = [
  ['valkey_version', 'valkey'],
  ['dragonfly_version', 'dragonfly'],
  ['kvrocks_version', 'kvrocks'],
  ['pika_version', 'pika'],
  ['garnet_version', 'garnet'],
  ['redis_version', 'redis'],
];

/** Fields that only KeyDB has; it reports its own version as redis_version. */
const KEYDB_FIELDS = ['master_global_link_status', 'mvcc_depth', 'server_threads', 'storage_provider'];

export interface Product {
  readonly product: string;
  readonly version?: string;
}

/** What kind of server INFO describes, and its own version. */
export function productOf(sections: readonly ParsedSection[]): Product {
  const known = PRODUCTS.find(([field]) => findField(sections, field) !== undefined);
  if (known === undefined) return { product: 'server' };
  const [field, name] = known;
  const keydb = name === 'redis' && KEYDB_FIELDS.some((own) => findField(sections, own) !== undefined);
  return { product: keydb ? 'keydb' : name, version: findField(sections, field) };
}

type Ceiling = readonly [version: string, rdb: number];

/** The RDB version that each writes, from which release on. */
const RDB_WRITTEN: Readonly<Record<string, readonly Ceiling[]>> = {
  redis: [
    ['8.0', 12],
    ['7.4', 12],
    ['7.2', 11],
    ['7.0', 10],
    ['5.0', 9],
    ['4.0', 8],
    ['3.2', 7],
    ['2.6', 6],
  ],
  valkey: [
    ['9.0', 80],
    ['7.2', 11],
  ],
  keydb: [['5.0', 9]],
};

/** The RDB version that such a server writes; undefined where we do not know. */
export function rdbVersionOf({ product, version }: Product): number | undefined {
  if (version === undefined) return undefined;
  return RDB_WRITTEN[product]?.find(([since]) => compareVersions(version, since) >= 0)?.[1];
}

/**
 * Why `reader` cannot load a snapshot of `writer`, in words; undefined when it can, or when we do not know. A server loads
 * what it writes itself and everything older of its own family.
 */
export function unreadable(writer: Product, reader: Product): string | undefined {
  const written = rdbVersionOf(writer);
  const read = rdbVersionOf(reader);
  if (written === undefined || read === undefined || written <= read) {
    // Valkey takes the versions that Redis gave out after the two parted for foreign ones.
    const foreign = reader.product === 'valkey' && writer.product === 'redis' && (written ?? 0) >= 12;
    return foreign ? `${nameOf(writer)} writes RDB ${written}, which Valkey refuses as foreign` : undefined;
  }
  return `${nameOf(writer)} writes RDB ${written} and ${nameOf(reader)} reads up to ${read}`;
}

/** `redis 7.2.6` */
export function nameOf({ product, version }: Product): string {
  return version === undefined ? product : `${product} ${version}`;
}

/** Below, at or above 0, as two dotted versions compare. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) =>
    text.split('.').map((part) => Number(/^\d+/.exec(part)?.[0] ?? 0)),
  );
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Keys in all databases, by the section Keyspace; undefined when there is no such section. */
export function keysIn(sections: readonly ParsedSection[]): number | undefined {
  const section = findSection(sections, 'keyspace');
  return section?.fields.reduce((sum, [, value]) => sum + Number(/^keys=(\d+)/.exec(value)?.[1] ?? 0), 0);
}
