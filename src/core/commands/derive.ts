/**
 * What follows from a command's definition and is stated nowhere else: the keys of a call, the flags and the key range
 * that COMMAND reports, the arguments of COMMAND DOCS.
 *
 * `keysOf` is the one place where keys are found: COMMAND GETKEYS, client tracking and ACL key permissions ask it. The rules
 * are those of redis 7.2.6 db.c:getKeysFromCommandWithSpecs and server.c:populateCommandLegacyRangeSpec.
 */
import { isWord, type Bytes } from '../base/bytes.js';
import { parseSafeInt } from '../base/numbers.js';
import {
  type AclCategory,
  type Command,
  type CommandDefinition,
  type CommandFlag,
  type KeyFlag,
  type KeyReference,
  type KeySpec,
} from './spec.js';
import { parseSyntax, type Argument } from './syntax.js';

/** The keys of every call, where they always stand at the same places; undefined: the arguments tell. */
export function fixedKeysOf({
  keys,
  getKeys,
  arity,
}: CommandDefinition): readonly KeyReference[] | undefined {
  if (keys === undefined || keys.length === 0 || getKeys !== undefined) return undefined;
  const found: KeyReference[] = [];
  for (const { flags, begin, find } of keys) {
    const plain = 'index' in begin && 'lastKey' in find && find.lastKey === 0;
    if (!plain || begin.index >= Math.abs(arity)) return undefined;
    if (flags.some((flag) => SPECIAL_KEY_FLAGS.includes(flag))) return undefined;
    found.push({ index: begin.index, flags });
  }
  return found;
}

const SPECIAL_KEY_FLAGS: readonly KeyFlag[] = ['not_key', 'incomplete', 'variable_flags'];

/** The keys of a call; none when the arguments do not add up. `argv` begins with the command's name. */
export function keysOf(
  command: Command,
  argv: readonly Bytes[],
  withFakeKeys = false,
): readonly KeyReference[] {
  if (command.fixedKeys !== undefined) return command.fixedKeys;
  const specs = command.keys ?? [];
  const reliable = specs.some(isRealKey) && !specs.some((spec) => spec.flags.includes('variable_flags'));
  const found = reliable ? keysBySpecs(specs, argv, withFakeKeys) : undefined;
  if (found !== undefined) return found;
  const own = command.getKeys?.(argv) ?? [];
  return own.map((key) => (typeof key === 'number' ? { index: key, flags: [] } : key));
}

/** Whether calls of the command may name keys. */
export function hasKeys(command: Command): boolean {
  return command.getKeys !== undefined || (command.keys ?? []).some(isRealKey);
}

/** Whether a specification stands for a key, not for something that is only hashed like one (SPUBLISH's channel). */
function isRealKey(spec: KeySpec): boolean {
  return !spec.flags.includes('not_key');
}

/** @returns undefined when a specification is not complete or does not fit the arguments */
function keysBySpecs(
  specs: readonly KeySpec[],
  argv: readonly Bytes[],
  withFakeKeys: boolean,
): KeyReference[] | undefined {
  const keys: KeyReference[] = [];
  for (const spec of specs) {
    if (!withFakeKeys && !isRealKey(spec)) continue;
    if ('unknown' in spec.begin) return undefined;
    const first = 'index' in spec.begin ? spec.begin.index : afterKeyword(spec.begin, argv);
    if (first === 0) continue;
    const range = keyRange(spec, first, argv);
    if (range === undefined) return undefined;
    for (let index = range.first; index <= range.last; index += range.step) {
      keys.push({ index, flags: spec.flags });
    }
    if (spec.flags.includes('incomplete')) return undefined;
  }
  return keys;
}

/** The index behind a keyword, searched forward, or backward from a negative start; 0: not found. */
function afterKeyword(
  begin: { readonly keyword: string; readonly from: number },
  argv: readonly Bytes[],
): number {
  const forward = begin.from > 0;
  const start = forward ? begin.from : argv.length + begin.from;
  const end = forward ? argv.length - 1 : 1;
  const step = start <= end ? 1 : -1;
  const word = begin.keyword.toLowerCase();
  // The argument at `end` is not looked at: behind the last one there is no key, and the first one is no option.
  for (let i = start; i !== end && i >= 1 && i < argv.length; i += step) {
    if (isWord(argv[i], word)) return i + 1;
  }
  return 0;
}

function keyRange(
  spec: KeySpec,
  begin: number,
  argv: readonly Bytes[],
): { first: number; last: number; step: number } | undefined {
  const { find } = spec;
  const argc = argv.length;
  if ('unknown' in find) return undefined;
  let first = begin;
  let last: number;
  if ('keyNumIdx' in find) {
    const count = first + find.keyNumIdx < argc ? parseSafeInt(argv[first + find.keyNumIdx]) : undefined;
    if (count === undefined || count < 0) return undefined;
    first += find.firstKey;
    last = first + count - 1;
  } else if (find.lastKey >= 0) last = first + find.lastKey;
  else if (find.limit === 0) last = argc + find.lastKey;
  else last = first + Math.trunc((argc - first) / find.limit) + find.lastKey;
  return last >= argc || last < first || first >= argc ? undefined : { first, last, step: find.step };
}

/** The key range of commands before key specifications: zeros when there is none. */
export interface LegacyRange {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  /** The range does not tell all keys: ask COMMAND GETKEYS. */
  readonly movable: boolean;
}

const NO_RANGE: LegacyRange = { first: 0, last: 0, step: 0, movable: false };

/** The first key, the last one (negative: from the end) and the step, as COMMAND reports them. */
export function legacyRange(specs: readonly KeySpec[]): LegacyRange {
  if (specs.length === 0) return NO_RANGE;
  const only = specs.length === 1 ? plainRange(specs[0]) : undefined;
  if (only !== undefined) return { ...only, movable: specs[0].flags.includes('incomplete') };
  let movable = false;
  let first = 0;
  let last = 0;
  for (const spec of specs) {
    const range = plainRange(spec);
    if (range === undefined || range.step !== 1 || (last !== 0 && last !== range.first - 1)) {
      movable = true;
      continue;
    }
    if (spec.flags.includes('incomplete')) movable = true;
    first = first === 0 ? range.first : Math.min(first, range.first);
    // Unsigned, so that "to the end" is above every index.
    last = last >>> 0 > range.last >>> 0 ? last : range.last;
  }
  return first === 0 ? { ...NO_RANGE, movable: true } : { first, last, step: 1, movable };
}

function plainRange(spec: KeySpec): { first: number; last: number; step: number } | undefined {
  if (!('index' in spec.begin) || !('lastKey' in spec.find)) return undefined;
  const first = spec.begin.index;
  const { lastKey, step } = spec.find;
  return { first, last: lastKey < 0 ? lastKey : lastKey + first, step };
}

/** The flags that COMMAND shows, in the order of redis 7.2.6 server.c:addReplyFlagsForCommand. Others are internal. */
const SHOWN_FLAGS: readonly (CommandFlag | 'movablekeys')[] = [
  'write',
  'readonly',
  'denyoom',
  'module',
  'admin',
  'pubsub',
  'noscript',
  'blocking',
  'loading',
  'stale',
  'skip_monitor',
  'skip_slowlog',
  'asking',
  'fast',
  'no_auth',
  'no_mandatory_keys',
  'no_async_loading',
  'no_multi',
  'movablekeys',
  'allow_busy',
];

/** The flags of a command as COMMAND shows them. */
export function shownFlags(command: Command): string[] {
  const { movable } = legacyRange(command.keys ?? []);
  return SHOWN_FLAGS.filter((flag) => (flag === 'movablekeys' ? movable : command.flagSet.has(flag)));
}

/** Every ACL category in the order in which Redis lists them (acl.c:ACLCommandCategories). */
export const ACL_CATEGORIES: readonly AclCategory[] = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
];

/** The ACL categories of a command, in that order. */
export function shownCategories(command: Command): AclCategory[] {
  return ACL_CATEGORIES.filter((category) => command.categories.has(category));
}

const argumentCache = new WeakMap<CommandDefinition, readonly Argument[]>();

/** The arguments of a command as a tree, read from its `syntax`. The command's name is not part of it. */
export function argumentsOf(command: CommandDefinition): readonly Argument[] {
  let parsed = argumentCache.get(command);
  if (parsed === undefined) {
    parsed = parseSyntax(command.syntax ?? '', command.keys?.length ?? 0);
    argumentCache.set(command, parsed);
  }
  return parsed;
}
