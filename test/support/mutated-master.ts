/**
 * Masters that are right but for one thing, made by chance from a seed: a byte dropped, doubled or changed, a reply of another
 * type, two replies swapped, an answer cut off or withheld or late. Beside each stands what such a change may be called, decided
 * from what was done to the bytes, not by the rules under test.
 */
import { SeededRandom } from '../../src/core/base/random.js';
import { EMPTY_RDB, REPLID } from './fake-master.js';
import { type WireAnswer, type WireConnection, type WireScript } from './wire-master.js';

/** Where in the conversation the change is made. */
type Place = 'ping' | 'replconf' | 'psync-line' | 'header' | 'rdb';

export interface Mutant {
  readonly what: string;
  readonly script: () => WireScript;
  /** Findings that are right or at least not wrong for it; nothing found is right, too, when `mayPass`. */
  readonly allowed: ReadonlySet<string>;
  readonly mayPass: boolean;
}

interface Conversation {
  ping: string;
  replconf: string;
  psyncLine: string;
  header: string;
  rdb: string;
}

const RIGHT: Conversation = {
  ping: '+PONG\r\n',
  replconf: '+OK\r\n',
  psyncLine: `+FULLRESYNC ${REPLID} 0\r\n`,
  header: `$${EMPTY_RDB.length}\r\n`,
  rdb: EMPTY_RDB,
};

const FIELDS: Readonly<Record<Place, keyof Conversation>> = {
  ping: 'ping',
  replconf: 'replconf',
  'psync-line': 'psyncLine',
  header: 'header',
  rdb: 'rdb',
};

/** Names for anything that is wrong with a line of text, by where it stands. `unknown-answer` shows the bytes. */
const LINE_FAULTS: Readonly<Record<Exclude<Place, 'rdb'>, readonly string[]>> = {
  // An answer to PING that is no RESP may be another service's; a silence or a lost line end is what it is.
  ping: [
    'wrong-reply-type',
    'odd-reply',
    'missing-line-end',
    'line-feed-only',
    // A doubled line end is an empty answer more.
    'answer-too-many',
    'not-answering',
    'unknown-answer',
    'other-service',
  ],
  // What is left of a REPLCONF answer may be taken for the next one's.
  replconf: [
    ...['wrong-reply-type', 'odd-reply', 'missing-line-end', 'replconf-unanswered', 'replconf-unknown'],
    ...['unknown-answer', 'fullresync-wrong-type', 'malformed-fullresync'],
    ...['line-feed-only', 'answer-too-many'],
  ],
  'psync-line': [
    ...[
      'fullresync-wrong-type',
      'malformed-fullresync',
      'fullresync-unended',
      'replid-not-hex',
      'missing-line-end',
    ],
    ...['psync-unanswered', 'unknown-answer', 'snapshot-missing', 'offset-never-moves'],
    ...['line-feed-only', 'fullresync-misspelt', 'fullresync-other-id', 'fullresync-offset-differs'],
  ],
  header: [
    ...[
      'snapshot-missing',
      'snapshot-wrong-length',
      'snapshot-never-comes',
      'snapshot-stalled',
      'snapshot-refused',
    ],
    ...['snapshot-eof-unasked', 'stream-not-commands', 'snapshot-trailing-crlf', 'fullresync-unended'],
    ...['snapshot-without-checksum', 'snapshot-unreadable', 'snapshot-bad-checksum'],
  ],
};

const RDB_FAULTS: readonly string[] = [
  ...['snapshot-bad-checksum', 'snapshot-unreadable', 'snapshot-unknown-type', 'snapshot-too-new'],
  ...['snapshot-valkey-magic', 'snapshot-missing'],
];

/** Names for bytes that are missing from a snapshot whose length was announced for all of them. */
const SHORT_RDB: readonly string[] = [
  'snapshot-stalled',
  'snapshot-wrong-length',
  'snapshot-without-checksum',
];
/** Names for bytes beyond the announced length: they are taken for the stream. */
const LONG_RDB: readonly string[] = [
  'snapshot-wrong-length',
  'stream-not-commands',
  'snapshot-trailing-crlf',
];

const PLACES = Object.keys(FIELDS) as Place[];

/** The mutant of a seed. */
export function mutant(seed: number): Mutant {
  const random = new SeededRandom(seed);
  const kinds = [dropped, doubled, changed, otherType, swapped, cutOff, withheld, late];
  return kinds[random.below(kinds.length)](random);
}

function pick<T>(random: SeededRandom, list: readonly T[]): T {
  return list[random.below(list.length)];
}

function faultsAt(place: Place): readonly string[] {
  return place === 'rdb' ? RDB_FAULTS : LINE_FAULTS[place];
}

function made(what: string, talk: Conversation, allowed: readonly string[], mayPass = false): Mutant {
  return { what, script: () => scriptOf(talk), allowed: new Set(allowed), mayPass };
}

function scriptOf(talk: Conversation): WireScript {
  const psync: WireAnswer = (args) =>
    args[1] === '?' ? talk.psyncLine + talk.header + talk.rdb : `+CONTINUE ${REPLID}\r\n`;
  return { on: { ping: talk.ping, replconf: talk.replconf, psync } };
}

/** A change of one field at one byte. */
function edited(
  random: SeededRandom,
  name: string,
  edit: (text: string, at: number) => string,
  more: (place: Place) => readonly string[],
): Mutant {
  const place = pick(random, PLACES);
  const field = FIELDS[place];
  const before = RIGHT[field];
  const at = random.below(before.length);
  const after = edit(before, at);
  const what = `${place}: byte ${at} of ${before.length} ${name}`;
  return made(
    what,
    { ...RIGHT, [field]: after },
    [...faultsAt(place), ...more(place)],
    harmless(place, after),
  );
}

function dropped(random: SeededRandom): Mutant {
  const cut = (text: string, at: number): string => text.slice(0, at) + text.slice(at + 1);
  return edited(random, 'dropped', cut, (place) => (place === 'rdb' ? SHORT_RDB : []));
}

function doubled(random: SeededRandom): Mutant {
  const twice = (text: string, at: number): string => text.slice(0, at + 1) + text.slice(at);
  return edited(random, 'doubled', twice, (place) => (place === 'rdb' ? LONG_RDB : []));
}

function changed(random: SeededRandom): Mutant {
  const by = 1 + random.below(255);
  const change = (text: string, at: number): string =>
    text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ by) + text.slice(at + 1);
  return edited(random, `changed by ${by}`, change, (place) =>
    place === 'rdb' ? [...SHORT_RDB, ...LONG_RDB] : [],
  );
}

/** What a replica takes as it is: a line that still begins and ends as it should, however it is spelt. */
function harmless(place: Place, text: string): boolean {
  switch (place) {
    case 'ping':
    case 'replconf':
      return /^\+.*\r?\n$/.test(text);
    case 'psync-line':
      return /^\+FULLRESYNC [0-9a-f]{40} -?\d+\r*\n+$/.test(text);
    case 'header':
      return /^[\r\n]*\$0*88\r*\n$/.test(text);
    case 'rdb':
      // Only a checksum of zeros goes unnoticed, and no change of one byte makes one.
      return false;
  }
}

const OTHER_TYPES: readonly ((text: string) => string)[] = [
  (text) => `$${text.length}\r\n${text}\r\n`,
  (text) => `*1\r\n$${text.length}\r\n${text}\r\n`,
  () => ':1\r\n',
  () => '$-1\r\n',
];

/** A line of the handshake, said as another type of RESP. */
function otherType(random: SeededRandom): Mutant {
  const place = pick(random, ['ping', 'replconf', 'psync-line'] as const);
  const field = FIELDS[place];
  const n = random.below(OTHER_TYPES.length);
  const text = OTHER_TYPES[n](RIGHT[field].slice(1, -2));
  return made(
    `${place}: as another type, ${JSON.stringify(text)}`,
    { ...RIGHT, [field]: text },
    faultsAt(place),
  );
}

/** Two things said in each other's place. */
function swapped(random: SeededRandom): Mutant {
  const pairs = [
    ['ping', 'psyncLine'],
    ['replconf', 'psyncLine'],
    ['psyncLine', 'header'],
    ['header', 'rdb'],
    ['ping', 'replconf'],
  ] as const;
  const [one, other] = pick(random, pairs);
  const talk = { ...RIGHT, [one]: RIGHT[other], [other]: RIGHT[one] };
  const allowed = [
    ...['unknown-answer', 'odd-reply', 'fullresync-wrong-type', 'malformed-fullresync', 'snapshot-missing'],
    ...['wrong-reply-type', 'answer-too-many'],
  ];
  return made(`${one} and ${other} swapped`, talk, allowed);
}

/** The answer to PSYNC is cut after some bytes, and the connection closed. */
function cutOff(random: SeededRandom): Mutant {
  const whole = RIGHT.psyncLine + RIGHT.header + RIGHT.rdb;
  const at = random.below(whole.length);
  const line = RIGHT.psyncLine.length;
  const header = line + RIGHT.header.length;
  const allowed = at < line ? ['unknown-answer'] : at < header ? ['snapshot-never-comes'] : ['snapshot-cut'];
  const psync: WireAnswer = (args, c) => {
    if (args[1] !== '?') return `+CONTINUE ${REPLID}\r\n`;
    c.send(whole.slice(0, at));
    c.close();
    return undefined;
  };
  return {
    what: `cut after ${at} bytes of PSYNC's answer`,
    script: () => ({ on: { psync } }),
    allowed: new Set([...allowed, ...(at === header ? ['snapshot-never-comes'] : [])]),
    mayPass: false,
  };
}

const UNANSWERED: Readonly<Record<'ping' | 'replconf' | 'psync', string>> = {
  ping: 'not-answering',
  replconf: 'replconf-unanswered',
  psync: 'psync-unanswered',
};

/** One of the three is never answered. */
function withheld(random: SeededRandom): Mutant {
  const step = pick(random, ['ping', 'replconf', 'psync'] as const);
  return {
    what: `${step} is never answered`,
    script: () => ({ on: { [step]: () => undefined } }),
    allowed: new Set([UNANSWERED[step]]),
    mayPass: false,
  };
}

/** An answer comes late, some of it later still: no fault as long as it comes within the patience of a replica. */
function late(random: SeededRandom): Mutant {
  const step = pick(random, ['ping', 'replconf', 'psync'] as const);
  const ms = 1 + random.below(2000);
  const answer = {
    ping: RIGHT.ping,
    replconf: RIGHT.replconf,
    psync: RIGHT.psyncLine + RIGHT.header + RIGHT.rdb,
  }[step];
  const half = random.below(answer.length);
  const reply = (_args: readonly string[], c: WireConnection): undefined => {
    c.after(ms, () => c.send(answer.slice(0, half)));
    c.after(2 * ms, () => c.send(answer.slice(half)));
  };
  return {
    what: `${step} is answered ${ms} ms late and in two pieces`,
    script: () => ({ on: { [step]: reply } }),
    allowed: new Set(),
    mayPass: true,
  };
}
