/**
 * Redacts a trace, so that it can go into a bug report: keys, values and user names are masked, and addresses when that is
 * asked for. Passwords are in no trace. Lengths, offsets, times and the protocol itself stay, so that what is redacted has
 * the same diagnosis as the original: findings are made anew from the redacted events (see replay.ts), never rewritten.
 */
import { ascii, lower, type Bytes } from '../../base/bytes.js';
import { type SnapshotReport } from '../../replication/snapshot-check.js';
import { type FailedAddress } from '../../base/byte-channel.js';
import { type Asked } from '../evidence.js';
import { type InfoFacts, type ProbeResults } from '../probe-results.js';
import { type Finding } from '../rule.js';
import { type TraceEvent } from '../trace.js';
import { Masks } from './mask.js';
import { KNOWN_AUX, maskRdb, maskUnknown, maskWire } from './mask-wire.js';

export interface RedactOptions {
  /** Host names and IP addresses, too. Ports stay. */
  readonly addresses: boolean;
}

/** Commands of the stream whose arguments are protocol, not data. */
const PLAIN_COMMANDS: ReadonlySet<string> = new Set(['select', 'ping', 'multi', 'exec', 'replconf']);
const COMMAND_NAME = /^[A-Za-z][A-Za-z|._-]{0,31}$/;
/** A channel that everybody has, and by which a diagnosis goes. */
const SENTINEL_CHANNEL = '__sentinel__:hello';
/** User names that everybody has, and those that are words of the protocol, too. */
const PLAIN_USERS =
  /^(default|\(hidden\)|p?sync|ping|replconf|auth|capa|eof|user|err|noauth|noperm|wrongpass|redis)$/i;

const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
/** At least two colons, or it could be a time or a port; an IPv4 tail is taken as well. */
const IPV6 = /(?<![\w:.])(?=[0-9a-fA-F:.]*:[0-9a-fA-F]*:)[0-9a-fA-F:]+(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])/g;

export class Redactor {
  private readonly masks = new Masks();
  private readonly users = new Set<string>();

  constructor(private readonly options: RedactOptions) {}

  /**
   * The event with its data masked. Events come in the order of the trace: names are learned on the way. Findings are left as
   * they are, and are to be made anew from the events before them.
   */
  redact(event: TraceEvent): TraceEvent {
    switch (event.kind) {
      case 'target':
        this.learnHost(hostOf(event.target));
        return {
          ...event,
          target: this.text(event.target),
          ...(event.between !== undefined && { between: this.text(event.between) }),
        };
      case 'visit':
      case 'asked':
        return { ...event, asked: this.asked(event.asked) };
      case 'probe':
        return { ...event, found: this.found(event.found) };
      case 'connect':
        return {
          ...event,
          ...{ local: this.text(event.local), remote: this.text(event.remote) },
          ...(event.tried && { tried: this.tried(event.tried) }),
        };
      case 'unreachable':
        return {
          ...event,
          error: {
            ...event.error,
            message: this.text(event.error.message),
            ...(event.error.tried && { tried: this.tried(event.error.tried) }),
          },
        };
      case 'send':
        return this.sent(event);
      case 'receive':
        return {
          ...event,
          bytes: this.answer(event.bytes, event.step),
          line: this.answer(event.line, event.step),
        };
      case 'outcome':
        return { ...event, outcome: this.outcome(event.outcome) };
      case 'fault':
        return { ...event, bytes: this.answer(event.bytes, event.step) };
      case 'close':
        return {
          ...event,
          bytes: this.answer(event.bytes, event.step),
          close: event.close.error
            ? {
                ...event.close,
                error: { ...event.close.error, message: this.text(event.close.error.message) },
              }
            : event.close,
        };
      case 'listing':
        return { ...event, lines: event.lines.map((line) => this.text(line)), weAre: this.text(event.weAre) };
      case 'snapshot-end':
        return { ...event, report: this.report(event.report) };
      case 'snapshot-fault':
        return {
          ...event,
          bytes: this.wire(event.bytes),
          ...(event.report && { report: this.report(event.report) }),
        };
      case 'stream-noise':
        return { ...event, bytes: this.wire(event.bytes) };
      case 'stream-fault':
        return { ...event, bytes: this.wire(event.bytes), message: this.message(event.message) };
      case 'command':
        return { ...event, args: this.command(event.args) };
      case 'note':
        return {
          ...event,
          text: this.text(event.text),
          ...(event.unchecked && {
            unchecked: { ...event.unchecked, info: this.text(event.unchecked.info) },
          }),
        };
      case 'attached':
        return { ...event, replica: this.text(event.replica) };
      case 'detached':
        return event.error === undefined ? event : { ...event, error: this.text(event.error) };
      case 'odd':
        return { ...event, bytes: this.wire(event.bytes) };
      case 'noticed':
        return { ...event, finding: this.finding(event.finding) };
      case 'recording':
      case 'passed-on':
      case 'stream-progress':
      case 'getack':
      case 'ack':
      case 'warning':
      case 'cost':
      case 'aim':
      case 'stopped':
      case 'keepalive':
      case 'snapshot-begin':
      case 'snapshot-progress':
      case 'stream-begin':
      case 'stream-late':
      case 'stream-end':
      case 'finding':
      case 'end':
        return event;
    }
  }

  private asked(asked: Readonly<Asked>): Asked {
    const { announceIp } = asked;
    if (announceIp === undefined) return asked;
    this.learnHost(announceIp);
    return { ...asked, announceIp: this.line(announceIp) };
  }

  private found(found: ProbeResults): ProbeResults {
    const { ownPort, reconnect, resumed, configRefused } = found;
    return {
      ...found,
      ...this.facts(found),
      ...(configRefused !== undefined && { configRefused: this.line(configRefused) }),
      ...(ownPort && { ownPort: { ...ownPort, line: this.line(ownPort.line) } }),
      ...(reconnect && {
        reconnect: {
          ...reconnect,
          line: this.line(reconnect.line),
          outcome: this.outcome(reconnect.outcome),
        },
      }),
      ...(resumed && { resumed: { ...resumed, line: this.line(resumed.line) } }),
    };
  }

  /** What INFO told, of this server and of those above it. */
  private facts({ before, waiting, after, upstream }: ProbeResults): ProbeResults {
    for (const info of [before, waiting, after]) this.learnHost(info?.master_host ?? '');
    return {
      ...(before && { before: this.info(before) }),
      ...(waiting && { waiting: this.info(waiting) }),
      ...(after && { after: this.info(after) }),
      ...(upstream && {
        upstream: {
          ...upstream,
          hops: upstream.hops.map((hop) => ({ ...hop, address: this.text(hop.address) })),
        },
      }),
    };
  }

  private info(info: InfoFacts): InfoFacts {
    return Object.fromEntries(Object.entries(info).map(([name, value]) => [name, this.text(value)]));
  }

  private tried(addresses: readonly FailedAddress[]): readonly FailedAddress[] {
    return addresses.map((one) => ({ ...one, address: this.text(one.address) }));
  }

  /** A message of ours: only AUTH and the announced address tell anything. */
  private sent(event: Extract<TraceEvent, { kind: 'send' }>): TraceEvent {
    const [name, ...rest] = event.args;
    if (/^auth$/i.test(name ?? '') && rest.length === 2 && !PLAIN_USERS.test(rest[0]))
      this.users.add(rest[0]);
    return { ...event, bytes: this.line(event.bytes), args: event.args.map((arg) => this.line(arg)) };
  }

  /** Of what was noticed the words stay, and what they quote of the protocol; data that they quote are masked. */
  private finding(finding: Finding): Finding {
    const { text, bytes } = finding;
    const quoted = (_: string, inner: string): string =>
      `\`${/^(REPLCONF|PSYNC|SYNC|PING|AUTH|[-+][A-Z]+)\b/i.test(inner) ? inner : maskUnknown(inner)}\``;
    return {
      ...finding,
      ...(text !== undefined && { text: this.text(text.replace(/`([^`]*)`/g, quoted)) }),
      ...(bytes && { bytes: { ...bytes, got: this.wire(bytes.got) } }),
    };
  }

  private outcome<O extends { readonly kind: string; readonly line?: Bytes }>(outcome: O): O {
    return outcome.line === undefined ? outcome : { ...outcome, line: this.line(outcome.line) };
  }

  /** What came at a step. Before PSYNC no data can come of a Redis, and what another server says of itself names it. */
  private answer(bytes: Bytes, step: TraceEvent['step']): Bytes {
    if (step === 'connect' || step === 'ping') return this.line(bytes);
    return this.line(maskWire(bytes, this.masks, step === 'snapshot' || step === 'stream'));
  }

  private wire(bytes: Bytes): Bytes {
    return this.line(maskWire(bytes, this.masks, true));
  }

  private command(args: readonly Bytes[]): readonly Bytes[] {
    if (args.length > 0 && PLAIN_COMMANDS.has(lower(args[0]))) return args;
    if (lower(args[0] ?? ascii('')) === 'publish' && args[1] === SENTINEL_CHANNEL) {
      return args.map((arg, i) => (i < 2 ? arg : this.masks.value(arg)));
    }
    return args.map((arg, i) => (i === 0 && COMMAND_NAME.test(arg) ? arg : this.masks.value(arg)));
  }

  private report(report: SnapshotReport): SnapshotReport {
    const whole = report.bytes <= report.head.length;
    const head = isRdb(report.head) ? maskRdb(report.head) : ascii(maskUnknown(report.head));
    return {
      ...report,
      head,
      tail: whole ? head : ascii(maskUnknown(report.tail)),
      aux: report.aux.map(([name, value]) => [name, KNOWN_AUX.test(name) ? value : stars(value)] as const),
      census: {
        ...report.census,
        largest: report.census.largest.map((one) => ({ ...one, key: this.masks.value(one.key) })),
        functionNames: report.census.functionNames.map(stars),
      },
      ...(report.problem && {
        problem: { ...report.problem, message: this.message(report.problem.message) },
      }),
    };
  }

  /** Messages quote keys and values. */
  private message(message: string): string {
    return message.replace(/"((?:[^"\\]|\\.)*)"/g, (_, quoted: string) => `"${stars(quoted)}"`);
  }

  // ---- names and addresses within text

  /** A line of the protocol, one character a byte. */
  private line(line: Bytes): Bytes {
    return ascii(this.text(line));
  }

  private text(text: string): string {
    let out = text;
    for (const user of this.users) out = replaceWord(out, user, this.masks.value(ascii(user)));
    if (!this.options.addresses) return out;
    for (const host of this.masks.knownHosts()) out = replaceWord(out, host, this.masks.host(host));
    out = out.replace(/\bip=([^,\s]+)/g, (_, host: string) => `ip=${this.masks.host(host)}`);
    return out.replace(IPV4, (ip) => this.masks.host(ip)).replace(IPV6, (ip) => this.masks.host(ip));
  }

  private learnHost(host: string): void {
    if (this.options.addresses && host !== '') this.masks.host(host);
  }
}

function isRdb(head: Bytes): boolean {
  return /^(REDIS|VALKEY)\d{3}/.test(head);
}

function stars(text: string): string {
  return '*'.repeat(text.length);
}

/** Replaces whole words only: a user called `a` is not every `a`. */
function replaceWord(text: string, word: string, mask: string): string {
  let out = '';
  let from = 0;
  for (;;) {
    const at = text.indexOf(word, from);
    if (at < 0) return out + text.slice(from);
    const whole = !isWordChar(text[at - 1]) && !isWordChar(text[at + word.length]);
    out += text.slice(from, at) + (whole ? mask : word);
    from = at + word.length;
  }
}

function isWordChar(char: string | undefined): boolean {
  return char !== undefined && /[A-Za-z0-9_]/.test(char);
}

/** The host of `host:port`, `[v6]:port` or `unix:///path`. */
function hostOf(target: string): string {
  if (target.startsWith('unix://')) return target.slice('unix://'.length);
  return /^\[(.*)\](:\d+)?$/.exec(target)?.[1] ?? target.replace(/:\d+$/, '');
}
