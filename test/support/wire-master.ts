/**
 * Scripted masters in memory, on a clock that stands still: the fakes of `fake-master.ts` without sockets, so that hundreds of
 * broken servers are examined in a second, each of them whole, byte by byte and cut at random places.
 *
 * Without a script it behaves as a good small master does. Requests are decoded by the tests' own decoder.
 */
import {
  type ChannelClose,
  type ChannelError,
  type ChannelEvents,
  type Dial,
  type DialOptions,
  type FailedAddress,
} from '../../src/core/base/byte-channel.js';
import { ManualClock } from '../../src/core/base/clock.js';
import { SeededRandom } from '../../src/core/base/random.js';
import { examine, type ExamineSetup } from '../../src/core/diagnosis/examine.js';
import { type TraceEvent } from '../../src/core/diagnosis/trace.js';
import { type Examined } from './examine.js';
import { bulk, fullSync, infoText, REPLID } from './fake-master.js';
import { ReplyDecoder } from './resp-decoder.js';
import { checkTape } from './tape-check.js';

/** How the bytes of the server reach us: in the pieces it sent, one by one, or cut at random by this seed. */
export type Split = 'whole' | 'bytes' | number;

export interface WireConnection {
  /** Where we come from. */
  readonly port: number;
  readonly host: string;
  /** The commands read so far: names in upper case, then their arguments. */
  readonly seen: string[];
  send(latin1: string): void;
  /** Ends the connection after what was sent. */
  close(): void;
  reset(): void;
  /** Does something later, on the clock of the test. */
  after(ms: number, fn: () => void): void;
}

/** The bytes to answer with; nothing: silence. */
export type WireAnswer = (args: readonly string[], connection: WireConnection) => string | undefined;

export interface WireScript {
  readonly connect?: (connection: WireConnection) => void;
  /** By command name in lower case; `*` for all others. */
  readonly on?: Readonly<Record<string, WireAnswer | string>>;
  /** Raw bytes go here instead of being decoded. */
  readonly raw?: (latin1: string, connection: WireConnection) => void;
  /** Takes TLS on the port, too. */
  readonly tls?: boolean;
  /** The attempt fails so; undefined: it does not. */
  readonly fails?: (tls: boolean) => ChannelError | undefined;
  /** Addresses that were tried in vain before this one. */
  readonly tried?: readonly FailedAddress[];
  /** Handles one command of each read and forgets the rest. */
  readonly onePerRead?: boolean;
}

/** A bulk string array. */
export const bulks = (...items: string[]): string => `*${items.length}\r\n${items.map(bulk).join('')}`;

const SETTINGS: Readonly<Record<string, string>> = {
  'min-replicas-to-write': '0',
  'repl-diskless-sync': 'no',
  'repl-diskless-sync-delay': '5',
};

/** CONFIG GET with some settings changed. */
export const config =
  (changed: Readonly<Record<string, string>> = {}): WireAnswer =>
  (args) =>
    bulks(args[2], { ...SETTINGS, ...changed }[args[2]] ?? '');

const GOOD: Readonly<Record<string, WireAnswer | string>> = {
  ping: '+PONG\r\n',
  auth: '+OK\r\n',
  replconf: (args) => (/^(ack|getack)$/i.test(args[1] ?? '') ? undefined : '+OK\r\n'),
  psync: (args) => (args[1] === '?' ? fullSync() : `+CONTINUE ${REPLID}\r\n`),
  info: () => bulk(infoText()),
  config: config(),
  client: bulk('id=3 addr=10.0.0.9:50000 name= flags=N cmd=get\n'),
  '*': (args) => `-ERR unknown command '${args[0]}', with args beginning with: \r\n`,
};

const NO_TLS: ChannelError = {
  code: 'ERR_SSL_WRONG_VERSION_NUMBER',
  message: 'wrong version number',
  layer: 'tls',
};
const HERE = '10.0.0.7';
const THERE = { address: '10.0.0.5:6379', host: '10.0.0.5', port: 6379 };
const FIRST_PORT = 40_000;

export interface WireMaster {
  readonly dial: Dial;
  readonly connections: readonly WireConnection[];
}

/** A master on `clock`. */
export function wireMaster(
  clock: ManualClock,
  script: WireScript,
  split: Split = 'whole',
  tls = false,
): WireMaster {
  const connections: Wire[] = [];
  const dial: Dial = (events, options = {}) => {
    const wire = new Wire(clock, script, split, events, { tls, ...options }, FIRST_PORT + connections.length);
    connections.push(wire);
    return () => wire.abandon();
  };
  return { dial, connections };
}

class Wire implements WireConnection {
  readonly host = HERE;
  readonly port: number;
  readonly seen: string[] = [];
  private readonly decoder = new ReplyDecoder();
  private readonly random: SeededRandom;
  private over = false;

  constructor(
    private readonly clock: ManualClock,
    private readonly script: WireScript,
    private readonly split: Split,
    private readonly events: ChannelEvents,
    options: DialOptions,
    port: number,
  ) {
    this.port = options.localPort ?? port;
    this.random = new SeededRandom((typeof split === 'number' ? split : 0) * 1000 + port);
    const tls = options.tls === true;
    const error = script.fails ? script.fails(tls) : tls && !script.tls ? NO_TLS : undefined;
    if (error?.code === 'TIMEOUT') clock.after(options.timeoutMs ?? 1000, () => this.fail(error));
    else clock.after(0, () => (error ? this.fail(error) : this.open()));
  }

  abandon(): void {
    this.over = true;
  }

  send(latin1: string): void {
    this.clock.after(0, () => {
      for (const piece of this.pieces(latin1)) {
        if (!this.over) this.events.onData(Buffer.from(piece, 'latin1'), this.clock.monotonicUs());
      }
    });
  }

  close(): void {
    this.clock.after(0, () => this.ended({ by: 'peer' }));
  }

  reset(): void {
    const error: ChannelError = { code: 'ECONNRESET', message: 'read ECONNRESET', layer: 'stream' };
    this.clock.after(0, () => this.ended({ by: 'error', error }));
  }

  after(ms: number, fn: () => void): void {
    this.clock.after(ms, () => !this.over && fn());
  }

  private fail(error: ChannelError): void {
    if (this.over) return;
    this.over = true;
    this.events.onFail(error);
  }

  private open(): void {
    if (this.over) return;
    this.events.onOpen({
      local: { address: `${HERE}:${this.port}`, host: HERE, port: this.port },
      remote: THERE,
      ...(this.script.tried && { tried: this.script.tried }),
      unsentBytes: 0,
      write: (bytes) => this.received(bytes),
      writeBuffer: (bytes) => this.received(bytes.toString('latin1')),
      pause: () => undefined,
      resume: () => undefined,
      close: () => this.ended({ by: 'us' }),
    });
    this.script.connect?.(this);
  }

  private ended(close: ChannelClose): void {
    if (this.over) return;
    this.over = true;
    this.events.onClose(close);
  }

  private received(latin1: string): void {
    this.clock.after(0, () => {
      if (this.over) return;
      if (this.script.raw) this.script.raw(latin1, this);
      else this.serve(latin1);
    });
  }

  private serve(latin1: string): void {
    const { on, onePerRead } = this.script;
    this.decoder.feed(Buffer.from(latin1, 'latin1'));
    let first = true;
    for (let request = this.decoder.next(); request !== undefined; request = this.decoder.next()) {
      if (request.type !== 'array') throw new Error('the fake reads arrays only');
      if (onePerRead && !first) continue;
      first = false;
      const args = request.items.map((item) => ('text' in item ? item.text : ''));
      this.seen.push([args[0].toUpperCase(), ...args.slice(1)].join(' '));
      const name = args[0].toLowerCase();
      const answer = on?.[name] ?? on?.['*'] ?? GOOD[name] ?? GOOD['*'];
      const bytes = typeof answer === 'string' ? answer : answer(args, this);
      if (bytes !== undefined) this.send(bytes);
    }
  }

  private pieces(text: string): string[] {
    if (this.split === 'whole') return [text];
    if (this.split === 'bytes') return [...text];
    const pieces: string[] = [];
    for (let at = 0; at < text.length;) {
      const size = 1 + this.random.below(12);
      pieces.push(text.slice(at, at + size));
      at += size;
    }
    return pieces;
  }
}

type Options = Partial<Omit<ExamineSetup, 'clock' | 'observer' | 'dialHost'>> & {
  /** Other servers, by `host:port`, for whoever follows a chain of masters. */
  readonly others?: Readonly<Record<string, WireScript>>;
  readonly split?: Split;
};
export type WireOptions = Options;

export interface WireExamined extends Examined {
  readonly connections: readonly WireConnection[];
}

/** Gives up when an examination lasts longer than this, in ms of its own clock. */
const LONGEST_MS = 1_000_000;
/** While nothing happens, time is moved in ever larger steps, up to this one. */
const LONGEST_STEP_MS = 64;

/** One examination of a script; full sync unless asked otherwise. Needs no time of its own. */
export async function examineWire(script: WireScript, options: Options = {}): Promise<WireExamined> {
  const { others = {}, split = 'whole', ...setup } = options;
  const clock = new ManualClock();
  const events: TraceEvent[] = [];
  const master = wireMaster(clock, script, split, setup.tls);
  const { done } = examine({
    dial: master.dial,
    dialHost: (host, port) => {
      const other = others[`${host}:${port}`] ?? { fails: () => REFUSED };
      return wireMaster(clock, other, split).dial;
    },
    clock,
    random: new SeededRandom(typeof split === 'number' ? split : 1),
    target: '10.0.0.5:6379',
    tls: false,
    listeningPort: 6380,
    capa: ['eof', 'psync2'],
    aim: 'full',
    timeoutMs: 5000,
    idleMs: 15_000,
    ...setup,
    observer: (event) => events.push(event),
  });
  let over = false;
  void done.finally(() => (over = true));
  await play(
    clock,
    () => over,
    () => events.length,
  );
  const examination = await done;
  checkTape(events);
  return {
    ...examination,
    events,
    connections: master.connections,
    ids: examination.findings.map(({ id }) => id),
    finding: (id) => examination.findings.find((found) => found.id === id),
  };
}

const REFUSED: ChannelError = { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED', layer: 'connect' };

/** Moves time until it is over; what waits on promises runs between the steps. */
async function play(clock: ManualClock, over: () => boolean, told: () => number): Promise<void> {
  let step = 0;
  let seen = -1;
  for (let waited = 0; !over(); waited += step) {
    if (waited > LONGEST_MS) throw new Error('the examination does not end');
    await new Promise((resolve) => setImmediate(resolve));
    step = told() === seen ? Math.min(LONGEST_STEP_MS, step + 1) : 0;
    seen = told();
    clock.advance(step);
  }
}
