/**
 * What GEOSEARCH, GEORADIUS and their relatives ask: their arguments, read in Redis's order, with its errors.
 *
 * A missing sorted set is no error, but a member of it cannot be looked up, so its position stays open.
 * Source: redis 7.2.6 geo.c:georadiusGeneric.
 */
import { isWord, type Bytes } from '../../base/bytes.js';
import { type ZSetValue } from '../../store/types/zset-value.js';
import { indexArg } from '../args.js';
import { Errors, printed, ReplyError } from '../errors.js';
import { type Shape } from './area.js';
import { boxArg, positionArg, radiusArg } from './args.js';
import { positionOf, type Position } from './geohash.js';

const NO_MEMBER = new ReplyError('ERR could not decode requested zset member');
const COUNT = new ReplyError('ERR COUNT must be > 0');
const ANY_WITHOUT_COUNT = new ReplyError('ERR the ANY argument requires COUNT argument');

/** The six commands, by how their arguments begin and what they may store. */
export interface Form {
  readonly centre: 'position' | 'member' | 'option';
  /** Where the sorted set's key stands. */
  readonly source: number;
  /** Where the options begin. */
  readonly options: number;
  /** `option`: with STORE or STOREDIST; `first`: under the first key. */
  readonly store: 'never' | 'option' | 'first';
}

export interface Query {
  /** Undefined when there is no sorted set to search. */
  readonly shape: Shape | undefined;
  readonly withDistance: boolean;
  readonly withHash: boolean;
  readonly withPosition: boolean;
  readonly order: 'asc' | 'desc' | undefined;
  /** 0: all. */
  readonly count: number;
  readonly any: boolean;
  /** The key to store the result under. */
  readonly storeKey: Bytes | undefined;
  readonly storeDistance: boolean;
}

type Draft = { -readonly [K in keyof Omit<Query, 'shape'>]: Query[K] } & {
  centre: Position | undefined;
  centreGiven: 'member' | 'position' | undefined;
  extent: Partial<Shape> | undefined;
};

/** Reads the arguments of a call. @param zset the sorted set to search, when it is there */
export function readQuery(argv: readonly Bytes[], form: Form, zset: ZSetValue | undefined): Query {
  const draft: Draft = {
    withDistance: false,
    withHash: false,
    withPosition: false,
    order: undefined,
    count: 0,
    any: false,
    storeKey: form.store === 'first' ? argv[1] : undefined,
    storeDistance: false,
    centre: undefined,
    centreGiven: undefined,
    extent: undefined,
  };
  readFixed(argv, form, zset, draft);
  for (let i = form.options; i < argv.length;) i += readOption(argv, i, form, zset, draft);
  checkDraft(argv, form, draft);
  const { centre, centreGiven: _said, extent, ...rest } = draft;
  const shape =
    centre === undefined || extent === undefined
      ? undefined
      : { kind: 'circle' as const, radius: 0, width: 0, height: 0, unit: 1, ...extent, centre };
  return { ...rest, shape };
}

/** What GEORADIUS and GEORADIUSBYMEMBER say before their options. */
function readFixed(argv: readonly Bytes[], form: Form, zset: ZSetValue | undefined, draft: Draft): void {
  if (form.centre === 'position') draft.centre = positionArg(argv, 2);
  else if (form.centre === 'member' && zset !== undefined) draft.centre = memberPosition(zset, argv[2]);
  else return;
  draft.extent = { kind: 'circle', ...radiusArg(argv, form.options - 2) };
}

function memberPosition(zset: ZSetValue, member: Bytes): Position {
  const score = zset.score(member);
  if (score === undefined) throw NO_MEMBER;
  return positionOf(score);
}

/** Reads the option at `at`. @returns how many arguments it takes */
function readOption(
  argv: readonly Bytes[],
  at: number,
  form: Form,
  zset: ZSetValue | undefined,
  draft: Draft,
): number {
  const word = argv[at];
  const left = argv.length - 1 - at;
  if (isWord(word, 'withdist')) draft.withDistance = true;
  else if (isWord(word, 'withhash')) draft.withHash = true;
  else if (isWord(word, 'withcoord')) draft.withPosition = true;
  else if (isWord(word, 'any')) draft.any = true;
  else if (isWord(word, 'asc')) draft.order = 'asc';
  else if (isWord(word, 'desc')) draft.order = 'desc';
  else if (isWord(word, 'count') && left >= 1) {
    draft.count = indexArg(argv[at + 1]);
    if (draft.count <= 0) throw COUNT;
    return 2;
  } else if (form.store === 'first' && isWord(word, 'storedist')) draft.storeDistance = true;
  else if (form.store === 'option' && left >= 1 && (isWord(word, 'store') || isWord(word, 'storedist'))) {
    draft.storeKey = argv[at + 1];
    draft.storeDistance = isWord(word, 'storedist');
    return 2;
  } else if (form.centre === 'option') return readShapeOption(argv, at, zset, draft);
  else throw Errors.syntax;
  return 1;
}

/** FROMMEMBER, FROMLONLAT, BYRADIUS and BYBOX: one of each two. The same one again replaces the first. */
function readShapeOption(
  argv: readonly Bytes[],
  at: number,
  zset: ZSetValue | undefined,
  draft: Draft,
): number {
  const word = argv[at];
  const left = argv.length - 1 - at;
  if (isWord(word, 'frommember') && left >= 1 && draft.centreGiven !== 'position') {
    if (zset !== undefined) draft.centre = memberPosition(zset, argv[at + 1]);
    draft.centreGiven = 'member';
    return 2;
  }
  if (isWord(word, 'fromlonlat') && left >= 2 && draft.centreGiven !== 'member') {
    draft.centre = positionArg(argv, at + 1);
    draft.centreGiven = 'position';
    return 3;
  }
  if (isWord(word, 'byradius') && left >= 2 && draft.extent?.kind !== 'box') {
    draft.extent = { kind: 'circle', ...radiusArg(argv, at + 1) };
    return 3;
  }
  if (isWord(word, 'bybox') && left >= 3 && draft.extent?.kind !== 'circle') {
    draft.extent = { kind: 'box', ...boxArg(argv, at + 1) };
    return 4;
  }
  throw Errors.syntax;
}

function checkDraft(argv: readonly Bytes[], form: Form, draft: Draft): void {
  if (draft.storeKey !== undefined && (draft.withDistance || draft.withHash || draft.withPosition)) {
    const what = form.store === 'first' ? 'GEOSEARCHSTORE' : 'STORE option in GEORADIUS';
    throw new ReplyError(`ERR ${what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`);
  }
  if (form.centre === 'option') {
    const name = printed(argv[0]);
    if (draft.centreGiven === undefined) {
      throw new ReplyError(`ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${name}`);
    }
    if (draft.extent === undefined) {
      throw new ReplyError(`ERR exactly one of BYRADIUS and BYBOX can be specified for ${name}`);
    }
  }
  if (draft.any && draft.count === 0) throw ANY_WITHOUT_COUNT;
}
