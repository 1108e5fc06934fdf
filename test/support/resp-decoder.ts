/**
 * A RESP2/RESP3 reply decoder of its own, for tests and benchmarks: what judges the server must not share code with it.
 *
 * Feed chunks, take whole replies. Text is latin1, one byte per char. The stack of open aggregates is kept between
 * chunks, so a reply of any depth and size costs one pass and no recursion. A byte that begins no known type throws.
 */

export type Reply =
  | {
      readonly type: 'simple' | 'error' | 'bulk' | 'double' | 'bignum' | 'verbatim' | 'bool';
      readonly text: string;
    }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'nil' | 'nil-array' | 'null' }
  | { readonly type: 'array' | 'map' | 'set' | 'push' | 'attribute'; readonly items: Reply[] };

type Aggregate = Extract<Reply, { items: Reply[] }>;

const LINE_TYPES: Readonly<Record<string, 'simple' | 'error' | 'double' | 'bignum' | 'bool'>> = {
  '+': 'simple',
  '-': 'error',
  ',': 'double',
  '(': 'bignum',
  '#': 'bool',
};
const BLOB_TYPES: Readonly<Record<string, 'bulk' | 'error' | 'verbatim'>> = {
  $: 'bulk',
  '!': 'error',
  '=': 'verbatim',
};
const AGGREGATE_TYPES: Readonly<Record<string, Aggregate['type']>> = {
  '*': 'array',
  '%': 'map',
  '~': 'set',
  '>': 'push',
  '|': 'attribute',
};

/** Turns chunks of a server's output into replies, in order. */
export class ReplyDecoder {
  private buffer: Buffer = Buffer.alloc(0);
  private at = 0;
  private readonly open: { aggregate: Aggregate; missing: number }[] = [];

  /** Adds bytes; they are copied only when a reply is still incomplete. */
  feed(chunk: Buffer): void {
    const rest = this.buffer.subarray(this.at);
    this.buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.at = 0;
  }

  /** The next whole reply, or undefined when more bytes are needed. */
  next(): Reply | undefined {
    for (;;) {
      const reply = this.readOne();
      if (reply === undefined) return undefined;
      const whole = this.place(reply);
      if (whole !== undefined) return whole;
    }
  }

  /** Puts a reply into the innermost open aggregate; returns the outermost one once it is complete. */
  private place(reply: Reply | { begin: Aggregate; size: number }): Reply | undefined {
    let done: Reply;
    if ('begin' in reply) {
      if (reply.size > 0) {
        this.open.push({ aggregate: reply.begin, missing: reply.size });
        return undefined;
      }
      done = reply.begin;
    } else {
      done = reply;
    }
    for (;;) {
      const top = this.open[this.open.length - 1];
      if (top === undefined) return done;
      top.aggregate.items.push(done);
      if (--top.missing > 0) return undefined;
      this.open.pop();
      done = top.aggregate;
    }
  }

  private readOne(): Reply | { begin: Aggregate; size: number } | undefined {
    const eol = this.buffer.indexOf('\r\n', this.at, 'latin1');
    if (eol === -1) return undefined;
    const kind = String.fromCharCode(this.buffer[this.at]);
    const line = this.buffer.latin1Slice(this.at + 1, eol);
    const blob = BLOB_TYPES[kind];
    if (blob !== undefined && line !== '-1') return this.readBlob(blob, Number(line), eol + 2);
    this.at = eol + 2;
    if (blob !== undefined) return { type: 'nil' };
    const lineType = LINE_TYPES[kind];
    if (lineType !== undefined) return { type: lineType, text: line };
    if (kind === ':') return { type: 'integer', value: BigInt(line) };
    if (kind === '_') return { type: 'null' };
    const aggregate = AGGREGATE_TYPES[kind];
    if (aggregate === undefined) throw new Error(`not a reply: ${JSON.stringify(kind + line)}`);
    if (line === '-1') return { type: 'nil-array' };
    const pairs = aggregate === 'map' || aggregate === 'attribute';
    return { begin: { type: aggregate, items: [] }, size: Number(line) * (pairs ? 2 : 1) };
  }

  private readBlob(type: 'bulk' | 'error' | 'verbatim', length: number, start: number): Reply | undefined {
    if (this.buffer.length < start + length + 2) return undefined;
    this.at = start + length + 2;
    return { type, text: this.buffer.latin1Slice(start, start + length) };
  }
}

/** A request as an array of bulk strings. Strings are latin1. */
export function encodeRequest(args: readonly string[]): string {
  let out = `*${args.length}\r\n`;
  for (const arg of args) out += `$${arg.length}\r\n${arg}\r\n`;
  return out;
}

/** A reply on one line, as a person reads it. */
export function showReply(reply: Reply): string {
  switch (reply.type) {
    case 'simple':
      return `+${showText(reply.text)}`;
    case 'error':
      return `-${showText(reply.text)}`;
    case 'integer':
      return `(integer) ${reply.value}`;
    case 'bulk':
      return `"${showText(reply.text)}"`;
    case 'double':
    case 'bignum':
    case 'verbatim':
    case 'bool':
      return `(${reply.type}) ${showText(reply.text)}`;
    case 'nil':
    case 'nil-array':
    case 'null':
      return `(${reply.type})`;
    case 'array':
    case 'map':
    case 'set':
    case 'push':
    case 'attribute':
      return `${reply.type}[${reply.items.map(showReply).join(', ')}]`;
  }
}

/** Text with everything outside printable ASCII escaped. */
export function showText(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\]/g, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    if (char === '\r') return '\\r';
    if (char === '\n') return '\\n';
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
