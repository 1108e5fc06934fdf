/**
 * The grammar of the command reference, read into a tree: `key value [NX | XX] [GET] [EX seconds | PX milliseconds]`.
 *
 *   sequence     item item …
 *   item         name | TOKEN | [alternatives] optional | <alternatives> required
 *   alternatives sequence | sequence | …
 *   name [name ...]         the same once or more; `TOKEN name [TOKEN name ...]` repeats the token too
 *   TOKEN name              an argument with a token; TOKEN name name: a block with a token
 *
 * COMMAND DOCS shows the tree, and the generators of the property and fuzz tests draw arguments from it. A word without
 * lower-case letters is a token (`KEEPTTL`, `=`, `*`, `""` for an empty argument). The input is the project's own text, so a fault in it throws.
 */

export type ArgumentType =
  'string' | 'integer' | 'double' | 'key' | 'pattern' | 'unix-time' | 'pure-token' | 'oneof' | 'block';

export interface Argument {
  readonly name: string;
  readonly type: ArgumentType;
  readonly token?: string;
  readonly optional: boolean;
  readonly multiple: boolean;
  /** Each repetition begins with the token. */
  readonly multipleToken: boolean;
  /** Alternatives of a `oneof`, parts of a `block`. */
  readonly children: readonly Argument[];
  /** Which key specification of the command finds this key. */
  readonly keySpecIndex?: number;
}

type Raw =
  | { readonly kind: 'word'; readonly text: string }
  | {
      readonly kind: 'group';
      readonly text: string;
      readonly optional: boolean;
      readonly ways: readonly Raw[][];
    }
  | { readonly kind: 'repeat'; readonly text: string; readonly items: readonly Raw[] };

const ELLIPSIS = '...';
/** Stands for an argument that is empty (MIGRATE). */
const EMPTY_TOKEN = '""';
const INTEGERS = new Set(
  (
    'seconds milliseconds count offset start stop end index index1 index2 db destination-db numkeys numfields cursor increment decrement ' +
    'weight numreplicas numlocal protover port slot ttl frequency bit rank num-matches len entries-read entries-added ' +
    'client-id min-match-len version limit'
  ).split(' '),
);
const DOUBLES = new Set('score longitude latitude radius width height timeout'.split(' '));
const KEYS = new Set('key key1 key2 source destination newkey destkey sourcekey src dst'.split(' '));

/** @param keySpecs how many key specifications the command has; without any, no argument is a key */
export function parseSyntax(syntax: string, keySpecs: number): readonly Argument[] {
  const words = syntax.replace(/[[\]|]|<(?=[^ ])|(?<=[^ ])>/g, ' $& ').split(' ');
  const reader = new SyntaxReader(words.filter((word) => word !== ''));
  const ways = reader.alternatives();
  if (!reader.atEnd || ways.length !== 1) throw new Error(`unbalanced syntax: ${syntax}`);
  return new TreeBuilder(keySpecs).sequence(ways[0]);
}

/** Words to raw items: groups nested, repetitions folded into what they repeat. */
class SyntaxReader {
  private at = 0;

  constructor(private readonly words: readonly string[]) {}

  get atEnd(): boolean {
    return this.at === this.words.length;
  }

  alternatives(): Raw[][] {
    const ways = [this.sequence()];
    while (this.words[this.at] === '|') {
      this.at++;
      ways.push(this.sequence());
    }
    return ways;
  }

  private sequence(): Raw[] {
    const items: Raw[] = [];
    for (; !this.atEnd; this.at++) {
      const word = this.words[this.at];
      if (word === '|' || word === ']' || word === '>') break;
      if (word === '[' || word === '<') this.group(word, items);
      else items.push({ kind: 'word', text: word });
    }
    return items;
  }

  /** Reads a group and leaves the reader on its closing bracket. */
  private group(open: string, items: Raw[]): void {
    this.at++;
    const ways = this.alternatives();
    if (this.words[this.at] !== (open === '[' ? ']' : '>')) throw new Error(`a ${open} is not closed`);
    const last = ways[ways.length - 1];
    if (last.at(-1)?.text === ELLIPSIS) {
      last.pop();
      if (foldRepetition(items, ways)) return;
      items.push({ kind: 'repeat', text: `[${textOf(ways)} ...]`, items: [asGroup(ways, true)] });
      return;
    }
    items.push(asGroup(ways, open === '['));
  }
}

function asGroup(ways: readonly Raw[][], optional: boolean): Raw {
  const text = optional ? `[${textOf(ways)}]` : `<${textOf(ways)}>`;
  return { kind: 'group', text, optional, ways };
}

function textOf(ways: readonly (readonly Raw[])[]): string {
  return ways.map((items) => items.map((item) => item.text).join(' ')).join(' | ');
}

/** `a b [a b ...]`: the last items become one that repeats. @returns false when they are not what is repeated */
function foldRepetition(items: Raw[], ways: readonly Raw[][]): boolean {
  if (ways.length !== 1) return false;
  const count = ways[0].length;
  const before = items.slice(-count);
  if (count === 0 || textOf([before]) !== textOf(ways)) return false;
  items.splice(-count, count, { kind: 'repeat', text: textOf([before]), items: before });
  return true;
}

/** Raw items to arguments. */
class TreeBuilder {
  private keys = 0;

  constructor(private readonly keySpecs: number) {}

  sequence(items: readonly Raw[]): Argument[] {
    const out: Argument[] = [];
    for (let i = 0; i < items.length;) {
      const item = items[i++];
      if (item.kind !== 'word' || !isToken(item.text)) {
        out.push(this.item(item));
        continue;
      }
      let end = i;
      while (end < items.length && isOperand(items[end])) end++;
      out.push(withToken(item.text, this.sequence(items.slice(i, end))));
      i = end;
    }
    return out;
  }

  private item(item: Raw): Argument {
    switch (item.kind) {
      case 'word':
        return this.named(item.text);
      case 'group':
        return { ...this.oneOf(item.ways), optional: item.optional };
      case 'repeat': {
        const first = item.items[0];
        const multipleToken = first.kind === 'word' && isToken(first.text);
        return { ...join(this.sequence(item.items)), multiple: true, multipleToken };
      }
    }
  }

  private oneOf(ways: readonly Raw[][]): Argument {
    const children = ways.map((items) => join(this.sequence(items)));
    if (children.length === 1) return children[0];
    return plain(children.map((child) => child.name).join('-or-'), 'oneof', children);
  }

  private named(name: string): Argument {
    const type = this.keySpecs === 0 || !KEYS.has(name) ? typeOf(name) : 'key';
    if (type !== 'key') return plain(name, type);
    return { ...plain(name, type), keySpecIndex: Math.min(this.keys++, this.keySpecs - 1) };
  }
}

function typeOf(name: string): ArgumentType {
  if (name.startsWith('unix-time')) return 'unix-time';
  if (INTEGERS.has(name)) return 'integer';
  if (DOUBLES.has(name)) return 'double';
  return name === 'pattern' ? 'pattern' : 'string';
}

function plain(name: string, type: ArgumentType, children: readonly Argument[] = []): Argument {
  return { name, type, optional: false, multiple: false, multipleToken: false, children };
}

/** Several arguments as one block; one stays what it is, and a block that begins with a token takes in what follows. */
function join(parts: readonly Argument[]): Argument {
  const [first, ...rest] = parts;
  if (rest.length === 0) return first;
  if (first.type === 'block' && first.token !== undefined) {
    return { ...first, children: [...first.children, ...rest] };
  }
  return plain(`${first.name}-block`, 'block', parts);
}

function withToken(word: string, operands: readonly Argument[]): Argument {
  const token = word === EMPTY_TOKEN ? '' : word;
  if (operands.length === 0) return { ...plain(token.toLowerCase(), 'pure-token'), token };
  if (operands.length === 1 && operands[0].token === undefined) return { ...operands[0], token };
  return { ...plain(token.toLowerCase(), 'block', operands), token };
}

/** The units of GEO, which the reference writes in lower case. */
const LOWER_CASE_TOKENS = new Set(['m', 'km', 'ft', 'mi']);

function isToken(word: string): boolean {
  return !/[a-z]/.test(word) || LOWER_CASE_TOKENS.has(word);
}

/** What belongs to the token before it: names, repeated names, a required choice. */
function isOperand(item: Raw): boolean {
  switch (item.kind) {
    case 'word':
      return !isToken(item.text);
    case 'group':
      return !item.optional;
    case 'repeat':
      return isOperand(item.items[0]);
  }
}
