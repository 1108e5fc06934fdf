/**
 * SORT and SORT_RO: the elements of a list, a set or a sorted set in order, or what other keys hold for them.
 *
 *   options ──► elements ──► weights (BY) ──► order ──► LIMIT ──► output (GET) ──► reply, or a list (STORE)
 *
 * BY a pattern without `*` keeps the order in which the elements are; a set that is to be stored is then sorted by its bytes, so
 * that every server stores the same. Source: redis 7.2.6 sort.c:sortCommandGeneric.
 */
import { EMPTY, isWord, detached, type Bytes } from '../../base/bytes.js';
import { EVENT_DEL, keyEvent } from '../../store/events.js';
import { LISTPACK_FRAME, listNodeLimits } from '../../store/types/encoding.js';
import { ListValue } from '../../store/types/list-value.js';
import { SetValue } from '../../store/types/set-value.js';
import { type Value, stringBytes } from '../../store/types/value.js';
import { ZSetValue } from '../../store/types/zset-value.js';
import { indexArg } from '../args.js';
import { type CommandContext } from '../context.js';
import { Errors, ReplyError } from '../errors.js';
import { shownMembers } from '../set/sets.js';
import { type KeyReference } from '../spec.js';
import { replyString } from '../string/reply.js';
import { inOrder } from './sort-order.js';
import { sortPattern, valueFor, type SortPattern } from './sort-pattern.js';

const EVENT_SORTSTORE = keyEvent('list', 'sortstore');
/** What a quicklist takes an element to need beside its bytes (redis 7.2.6 quicklist.c SIZE_ESTIMATE_OVERHEAD). */
const NODE_OVERHEAD = 8;

interface SortOptions {
  descending: boolean;
  alpha: boolean;
  offset: number;
  /** Negative: all. */
  count: number;
  by: SortPattern | undefined;
  /** BY was given a pattern without `*`. */
  unsorted: boolean;
  readonly get: SortPattern[];
  target: Bytes | undefined;
}

/** SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination] */
export function sort(ctx: CommandContext, argv: Bytes[]): void {
  sortGeneric(ctx, argv[1], sortOptions(ctx, argv, true));
}

/** SORT_RO: as SORT, without STORE. */
export function sortRo(ctx: CommandContext, argv: Bytes[]): void {
  sortGeneric(ctx, argv[1], sortOptions(ctx, argv, false));
}

function sortOptions(ctx: CommandContext, argv: readonly Bytes[], mayStore: boolean): SortOptions {
  const options: SortOptions = {
    descending: false,
    alpha: false,
    offset: 0,
    count: -1,
    by: undefined,
    unsorted: false,
    get: [],
    target: undefined,
  };
  for (let i = 2; i < argv.length; i++) {
    const word = argv[i];
    const left = argv.length - i - 1;
    if (isWord(word, 'asc')) options.descending = false;
    else if (isWord(word, 'desc')) options.descending = true;
    else if (isWord(word, 'alpha')) options.alpha = true;
    else if (isWord(word, 'limit') && left >= 2) {
      options.offset = indexArg(argv[++i]);
      options.count = indexArg(argv[++i]);
    } else if (mayStore && isWord(word, 'store') && left >= 1) options.target = argv[++i];
    else if (isWord(word, 'by') && left >= 1) {
      options.by = sortPattern(argv[++i]);
      options.unsorted ||= options.by.kind !== 'key';
      if (options.by.kind === 'key') mayLookAround(ctx, argv, 'BY');
    } else if (isWord(word, 'get') && left >= 1) {
      mayLookAround(ctx, argv, 'GET');
      options.get.push(sortPattern(argv[++i]));
    } else throw Errors.syntax;
  }
  return options;
}

/** Patterns may lead to any key: only who may read all of them can use one. Throws. */
function mayLookAround(
  { server, client, command }: CommandContext,
  argv: readonly Bytes[],
  option: string,
): void {
  if (server.acl.mayReadAll(client, command, argv)) return;
  throw new ReplyError(`ERR ${option} option of SORT denied due to insufficient ACL permissions.`);
}

/** The keys of SORT: what is sorted, and the last STORE (redis 7.2.6 db.c:sortGetKeys). */
export function sortKeys(argv: readonly Bytes[]): KeyReference[] {
  const sorted: KeyReference = { index: 1, flags: ['RO', 'access'] };
  let target: KeyReference | undefined;
  for (let i = 2; i < argv.length; i++) {
    if (isWord(argv[i], 'limit')) i += 2;
    else if (isWord(argv[i], 'get') || isWord(argv[i], 'by')) i++;
    else if (isWord(argv[i], 'store') && i + 1 < argv.length)
      target = { index: i + 1, flags: ['OW', 'update'] };
  }
  return target === undefined ? [sorted] : [sorted, target];
}

/** The keys of SORT_RO. */
export function sortRoKeys(): KeyReference[] {
  return [{ index: 1, flags: ['RO', 'access'] }];
}

function sortGeneric(ctx: CommandContext, key: Bytes, options: SortOptions): void {
  const value = ctx.db.lookupRead(key);
  if (value !== undefined && !isSortable(value)) throw Errors.wrongType;
  if (options.unsorted && value instanceof SetValue && options.target !== undefined) {
    options.unsorted = false;
    options.alpha = true;
    options.by = undefined;
  }
  // Redis looks into a sorted set as a skiplist, and leaves it one.
  if (value instanceof ZSetValue) value.encoding = 'skiplist';
  const elements = value === undefined ? [] : chosen(ctx, value, options);
  if (options.target === undefined) reply(ctx, elements, options.get);
  else store(ctx, options.target, elements, options.get);
}

type Sortable = ListValue | SetValue | ZSetValue;

function isSortable(value: Value): value is Sortable {
  return value instanceof ListValue || value instanceof SetValue || value instanceof ZSetValue;
}

function sizeOf(value: Sortable): number {
  return value instanceof ListValue ? value.length : value.size;
}

/** The part that LIMIT leaves, [start, end). */
function limited({ offset, count }: SortOptions, size: number): { start: number; end: number } {
  const start = Math.min(Math.max(offset, 0), size);
  return { start, end: count < 0 ? size : Math.min(start + count, size) };
}

/** The elements to answer with, in the order asked for. */
function chosen(ctx: CommandContext, value: Sortable, options: SortOptions): Bytes[] {
  const size = sizeOf(value);
  const { start, end } = limited(options, size);
  if (!options.unsorted) {
    const { by, alpha, descending, target } = options;
    const sorted = inOrder(ctx, elementsOf(value, 0, size), {
      by,
      alpha,
      descending,
      wholeBytes: target !== undefined,
    });
    return start === 0 && end === size ? sorted : sorted.slice(start, end);
  }
  // Places count from the end when descending; a set has none to turn round.
  if (!options.descending || value instanceof SetValue) return elementsOf(value, start, end);
  return elementsOf(value, size - end, size - start).reverse();
}

/** The elements at the places [start, end), as a new array. */
function elementsOf(value: Sortable, start: number, end: number): Bytes[] {
  if (value instanceof ListValue) return value.range(start, end);
  if (value instanceof ZSetValue) return value.range(start, end).map((entry) => entry.member);
  const members = shownMembers(value);
  const out: Bytes[] = [];
  for (let place = start; place < end; place++) out.push(members.memberAt(place));
  return out;
}

function reply({ reply, db }: CommandContext, elements: readonly Bytes[], get: readonly SortPattern[]): void {
  if (get.length === 0) {
    reply.bulks(elements);
    return;
  }
  reply.array(elements.length * get.length);
  for (const element of elements) {
    for (const pattern of get) replyString(reply, valueFor(db, pattern, element));
  }
}

/** Makes a list of the output the value of `key`; without any output the key goes. What is missing is stored as empty. */
function store(
  ctx: CommandContext,
  key: Bytes,
  elements: readonly Bytes[],
  get: readonly SortPattern[],
): void {
  const { db, gate } = ctx;
  const list = new ListValue();
  const oneNode = nodeWatch(ctx);
  let fits = true;
  const push = (element: Bytes) => {
    fits &&= oneNode(list, element);
    list.pushBack(element);
  };
  for (const element of elements) {
    if (get.length === 0) push(detached(element));
    else for (const pattern of get) push(stringBytes(valueFor(db, pattern, element) ?? EMPTY));
  }
  if (!fits) list.encoding = 'quicklist';
  list.unsettled = false;
  const slot = db.lookupWrite(key);
  if (list.length > 0) {
    gate.put(db, key, slot, list, EVENT_SORTSTORE, 0);
    gate.dirty += list.length - 1;
  } else if (slot >= 0) gate.remove(db, key, slot, EVENT_DEL);
  ctx.reply.int(list.length);
}

/** Whether an element would still go into the first node of a quicklist: one node alone can be a listpack. */
function nodeWatch(ctx: CommandContext): (list: ListValue, element: Bytes) => boolean {
  const { maxBytes, maxCount } = listNodeLimits(ctx.server.config.values);
  return (list, element) => {
    const bytes = list.length === 0 ? 0 : list.packedBytes + LISTPACK_FRAME + NODE_OVERHEAD;
    return element.length + bytes <= maxBytes && list.length < maxCount;
  };
}
