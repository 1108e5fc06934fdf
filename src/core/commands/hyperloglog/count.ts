/**
 * PFADD, PFCOUNT and PFMERGE (redis 7.2.6 hyperloglog.c).
 *
 * PFCOUNT of one key is a read that may write: it keeps the count in the value until a register changes, and that is propagated as the
 * command came. Several keys are counted without touching any of them.
 */
import { type Bytes } from '../../base/bytes.js';
import { type RawString } from '../../store/types/raw-string.js';
import { type Value } from '../../store/types/value.js';
import { stringOrThrow, unshare } from '../args.js';
import { bytesOf } from '../bitmap/string-bits.js';
import { type CommandContext } from '../context.js';
import { Errors } from '../errors.js';
import { EVENT_NONE, EVENT_PFADD } from './events.js';
import { REGISTERS } from './hash.js';
import { cacheCount, cachedCount, DENSE, encodingOf, invalidateCache, SPARSE } from './header.js';
import {
  addElement,
  countRegisters,
  countSketch,
  isSketch,
  makeDense,
  mergeInto,
  newSketch,
  raise,
} from './sketch.js';

/** The bytes of a value that must be a HyperLogLog, to read only. */
function sketchBytes(value: Value): Buffer {
  const string = stringOrThrow(value);
  if (typeof string === 'number') throw Errors.notHyperLogLog;
  const bytes = bytesOf(string);
  if (!isSketch(bytes)) throw Errors.notHyperLogLog;
  return bytes;
}

/** The HyperLogLog in `slot` as one that can be changed in place, once `gate.open` was called. */
export function sketchAt(ctx: CommandContext, slot: number): RawString {
  const value = ctx.db.valueAt(slot);
  sketchBytes(value);
  return unshare(ctx, slot, stringOrThrow(value));
}

/** PFADD key [element [element ...]] */
export function pfadd(ctx: CommandContext, argv: Bytes[]): void {
  const { db, gate } = ctx;
  const key = argv[1];
  const slot = db.lookupWrite(key);
  if (slot < 0) {
    const raw = newSketch();
    const added = addAll(ctx, raw, argv);
    invalidateCache(raw.writable());
    gate.put(db, key, slot, raw, EVENT_PFADD, 0);
    gate.dirty += added;
    ctx.reply.int(1);
    return;
  }
  sketchAt(ctx, slot);
  const stored = gate.open(db, slot) as RawString;
  // A sparse value may turn out to be corrupt after some elements have been added: those must not stay.
  const raw = argv.length > 3 && encodingOf(stored.view()) === SPARSE ? stored.clone() : stored;
  const added = addAll(ctx, raw, argv);
  if (added > 0) {
    invalidateCache(raw.writable());
    if (raw !== stored) gate.recode(db, slot, raw);
    gate.changed(db, key, EVENT_PFADD, added);
  }
  ctx.reply.int(added > 0 ? 1 : 0);
}

/** Adds the elements of PFADD. @returns how many changed a register */
function addAll(ctx: CommandContext, raw: RawString, argv: readonly Bytes[]): number {
  const maxBytes = ctx.server.config.values.hllSparseMaxBytes;
  let added = 0;
  for (let i = 2; i < argv.length; i++) {
    const raised = addElement(raw, argv[i], maxBytes);
    if (raised === 'corrupt') throw Errors.corruptHyperLogLog;
    if (raised === 'changed') added++;
  }
  return added;
}

/** Registers of a byte each, for the union of several keys; no command needs them after it has run. */
const union = new Uint8Array(REGISTERS);

/** Merges the keys from `argv[1]` on into `union`. @returns whether one of them is dense */
function unite(ctx: CommandContext, argv: readonly Bytes[]): boolean {
  union.fill(0);
  let dense = false;
  for (let i = 1; i < argv.length; i++) {
    const value = ctx.db.lookupRead(argv[i]);
    if (value === undefined) continue;
    const bytes = sketchBytes(value);
    if (encodingOf(bytes) === DENSE) dense = true;
    if (!mergeInto(union, bytes)) throw Errors.corruptHyperLogLog;
  }
  return dense;
}

/** PFCOUNT key [key ...] */
export function pfcount(ctx: CommandContext, argv: Bytes[]): void {
  if (argv.length > 2) {
    unite(ctx, argv);
    ctx.reply.int(countRegisters(union));
    return;
  }
  const { db, gate } = ctx;
  const key = argv[1];
  if (db.lookupRead(key) === undefined) {
    ctx.reply.int(0);
    return;
  }
  const slot = db.lookup(key);
  const raw = sketchAt(ctx, slot);
  const cached = cachedCount(raw.view());
  if (cached !== undefined) {
    ctx.reply.int(cached);
    return;
  }
  const count = countSketch(raw.view());
  if (count === undefined) throw Errors.corruptHyperLogLog;
  cacheCount((gate.open(db, slot) as RawString).writable(), count);
  gate.changed(db, key, EVENT_NONE);
  ctx.reply.int(count);
}

/** PFMERGE destkey [sourcekey [sourcekey ...]]: what the destination holds takes part. */
export function pfmerge(ctx: CommandContext, argv: Bytes[]): void {
  const { db, gate } = ctx;
  const key = argv[1];
  const dense = unite(ctx, argv);
  const slot = db.lookupWrite(key);
  if (slot >= 0) sketchAt(ctx, slot);
  const raw = slot < 0 ? newSketch() : (gate.open(db, slot) as RawString);
  if (dense && encodingOf(raw.view()) === SPARSE) makeDense(raw);
  const maxBytes = ctx.server.config.values.hllSparseMaxBytes;
  for (let i = 0; i < REGISTERS; i++) {
    if (union[i] !== 0) raise(raw, i, union[i], maxBytes);
  }
  invalidateCache(raw.writable());
  if (slot < 0) gate.put(db, key, slot, raw, EVENT_PFADD, 0);
  else gate.changed(db, key, EVENT_PFADD);
  ctx.reply.ok();
}
