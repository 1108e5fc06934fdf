/**
 * Measuring: how many elements a value has, without building it, for reports on snapshots of any size in constant memory.
 *
 * Strings are skipped as their bytes come by. A packed blob is held while its header is read, up to BLOB_MAX; the count of a larger
 * one stays unknown. Nothing is validated beyond what finding the end of the value needs.
 */
import { moduleName, MODULE_OPCODE, NODE_PLAIN, TYPE } from './format.js';
import { intsetCount } from './packed/intset.js';
import { listpackCount } from './packed/listpack.js';
import { decodeZipmap } from './packed/zipmap.js';
import { ziplistCount } from './packed/ziplist.js';
import { type RdbSource } from './source.js';
import { awaitLength, awaitLength64, decoding, type Step } from './steps.js';

const BLOB_MAX = 16 * 1024 * 1024;
const ID_BYTES = 16;
const TIME_BYTES = 8;
const SCORE_BYTES = 8;

/** Elements of a blob; -1 when its header does not know. */
const COUNTERS: Readonly<Record<number, (blob: Buffer) => number>> = {
  [TYPE.HASH_ZIPMAP]: (blob) => decodeZipmap(blob).length / 2,
  [TYPE.HASH_ZIPLIST]: (blob) => half(ziplistCount(blob)),
  [TYPE.HASH_LISTPACK]: (blob) => half(listpackCount(blob)),
  [TYPE.HASH_LISTPACK_EXPIRY_PRE_GA]: countTriples,
  [TYPE.LIST_ZIPLIST]: ziplistCount,
  [TYPE.SET_INTSET]: intsetCount,
  [TYPE.SET_LISTPACK]: listpackCount,
  [TYPE.ZSET_ZIPLIST]: (blob) => half(ziplistCount(blob)),
  [TYPE.ZSET_LISTPACK]: (blob) => half(listpackCount(blob)),
};

function countTriples(blob: Buffer): number {
  const count = listpackCount(blob);
  return count < 0 ? -1 : count / 3;
}

function half(count: number): number {
  return count < 0 ? -1 : count / 2;
}

/** Skips a value and returns its number of elements (1 for a string), or undefined where that is not known. */
export function* measureValue(src: RdbSource, rdbType: number): Step<number | undefined> {
  switch (rdbType) {
    case TYPE.STRING:
      yield* skipString(src, 'string value');
      return 1;
    case TYPE.LIST:
    case TYPE.SET:
      return yield* skipElements(src, 1, 0);
    case TYPE.HASH:
      return yield* skipElements(src, 2, 0);
    case TYPE.HASH_EXPIRY:
      yield* skipBytes(src, TIME_BYTES);
      return yield* skipTimedPairs(src);
    case TYPE.HASH_EXPIRY_PRE_GA:
      return yield* skipTimedPairs(src);
    case TYPE.HASH_LISTPACK_EXPIRY:
      yield* skipBytes(src, TIME_BYTES);
      return yield* measureBlob(src, countTriples);
    case TYPE.ZSET_2:
      return yield* skipElements(src, 1, SCORE_BYTES);
    case TYPE.ZSET:
      return yield* skipTextScores(src);
    case TYPE.LIST_QUICKLIST:
    case TYPE.LIST_QUICKLIST_2:
      return yield* measureQuicklist(src, rdbType);
    case TYPE.STREAM_LISTPACKS:
    case TYPE.STREAM_LISTPACKS_2:
    case TYPE.STREAM_LISTPACKS_3:
      return yield* measureStream(src, rdbType);
    case TYPE.MODULE_2: {
      const name = moduleName(yield* awaitLength64(src, 'module id'));
      yield* skipModuleData(src, name);
      return undefined;
    }
    default:
      return yield* measureBlob(src, COUNTERS[rdbType]);
  }
}

/** Skips a string in any form. */
function* skipString(src: RdbSource, what: string): Step<void> {
  let head: { stored: number; length: number } | undefined;
  while ((head = src.tryStringHead(what)) === undefined) yield;
  yield* skipBytes(src, head.stored);
}

/** Skips what a module saved, up to its end mark (redis 7.2.6 rdb.c:rdbLoadCheckModuleValue). */
export function* skipModuleData(src: RdbSource, name: string): Step<void> {
  const what = `data of module ${name}`;
  for (;;) {
    const opcode = yield* awaitLength(src, what);
    switch (opcode) {
      case MODULE_OPCODE.EOF:
        return;
      case MODULE_OPCODE.SINT:
      case MODULE_OPCODE.UINT:
        yield* awaitLength64(src, what);
        break;
      case MODULE_OPCODE.FLOAT:
        yield* skipBytes(src, 4);
        break;
      case MODULE_OPCODE.DOUBLE:
        yield* skipBytes(src, 8);
        break;
      case MODULE_OPCODE.STRING:
        yield* skipString(src, what);
        break;
      default:
        throw src.error('Unknown module opcode', what, '0 to 5', String(opcode));
    }
  }
}

function* skipBytes(src: RdbSource, count: number): Step<void> {
  for (let left = count - src.skipSome(count); left > 0; left -= src.skipSome(left)) yield;
}

/** Skips elements of `strings` strings and `bytes` bytes; returns how many elements there were. */
function* skipElements(src: RdbSource, strings: number, bytes: number): Step<number> {
  const count = yield* awaitLength(src, 'element count');
  for (let left = count; left > 0; left--) {
    for (let i = 0; i < strings; i++) yield* skipString(src, 'element');
    yield* skipBytes(src, bytes);
  }
  return count;
}

/** Skips fields with their times and values. */
function* skipTimedPairs(src: RdbSource): Step<number> {
  const count = yield* awaitLength(src, 'element count');
  for (let left = count; left > 0; left--) {
    yield* awaitLength64(src, 'field expiry');
    yield* skipString(src, 'element');
    yield* skipString(src, 'element');
  }
  return count;
}

function* skipTextScores(src: RdbSource): Step<number> {
  const count = yield* awaitLength(src, 'element count');
  for (let left = count; left > 0; left--) {
    yield* skipString(src, 'sorted set member');
    while (!src.has(1)) yield;
    const length = src.u8();
    if (length < 253) yield* skipBytes(src, length);
  }
  return count;
}

function* measureBlob(src: RdbSource, counter: (blob: Buffer) => number): Step<number | undefined> {
  const size = yield* blobSize(src);
  if (size > BLOB_MAX) {
    yield* skipString(src, 'packed value');
    return undefined;
  }
  const offset = src.offset;
  let blob: Buffer | undefined;
  while ((blob = src.tryBlob('packed value')) === undefined) yield;
  const count = decoding(blob, offset, counter);
  return count < 0 ? undefined : count;
}

/** The unpacked size of the string that comes next, which is not consumed. */
function* blobSize(src: RdbSource): Step<number> {
  for (;;) {
    // taken anew after each pause, which moves what is held to the start
    const from = src.pos;
    const head = src.tryStringHead('packed value');
    src.pos = from;
    if (head !== undefined) return head.length;
    yield;
  }
}

function* measureQuicklist(src: RdbSource, rdbType: number): Step<number | undefined> {
  let total: number | undefined = 0;
  const counter = rdbType === TYPE.LIST_QUICKLIST ? ziplistCount : listpackCount;
  for (let left = yield* awaitLength(src, 'quicklist length'); left > 0; left--) {
    const plain =
      rdbType === TYPE.LIST_QUICKLIST_2 && (yield* awaitLength(src, 'quicklist container')) === NODE_PLAIN;
    let count: number | undefined = 1;
    if (plain) yield* skipString(src, 'quicklist node');
    else count = yield* measureBlob(src, counter);
    total = total === undefined || count === undefined ? undefined : total + count;
  }
  return total;
}

function* measureStream(src: RdbSource, rdbType: number): Step<number> {
  for (let left = yield* awaitLength(src, 'stream node count'); left > 0; left--) {
    yield* skipString(src, 'stream node id');
    yield* skipString(src, 'stream node');
  }
  const length = yield* awaitLength(src, 'stream length');
  const numbers = rdbType === TYPE.STREAM_LISTPACKS ? 2 : 7;
  for (let i = 0; i < numbers; i++) yield* awaitLength64(src, 'stream metadata');
  for (let left = yield* awaitLength(src, 'stream group count'); left > 0; left--) {
    yield* skipGroup(src, rdbType);
  }
  return length;
}

function* skipGroup(src: RdbSource, rdbType: number): Step<void> {
  yield* skipString(src, 'stream group name');
  const numbers = rdbType === TYPE.STREAM_LISTPACKS ? 2 : 3;
  for (let i = 0; i < numbers; i++) yield* awaitLength64(src, 'stream group');
  for (let left = yield* awaitLength(src, 'stream pending count'); left > 0; left--) {
    yield* skipBytes(src, ID_BYTES + TIME_BYTES);
    yield* awaitLength64(src, 'stream delivery count');
  }
  const times = rdbType === TYPE.STREAM_LISTPACKS_3 ? 2 : 1;
  for (let left = yield* awaitLength(src, 'stream consumer count'); left > 0; left--) {
    yield* skipString(src, 'stream consumer name');
    yield* skipBytes(src, times * TIME_BYTES);
    const pending = yield* awaitLength(src, 'stream consumer pending count');
    for (let i = 0; i < pending; i++) yield* skipBytes(src, ID_BYTES);
  }
}
