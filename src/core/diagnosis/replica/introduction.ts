/**
 * The introduction of a replica: what it says of itself until its PSYNC is answered, and what the refusals on the way mean. Kept by
 * the judge (judge.ts), which knows in which phase the connection is.
 */
import { isWord, lower, quote, type Bytes } from '../../base/bytes.js';
import { parseSafeInt } from '../../base/numbers.js';
import { type Finding } from '../rule.js';
import { type ReplicaMemory } from './memory.js';
import { seconds, shown } from './words.js';

/** A replica says something each second: after so long without a word something is wrong. */
export const SILENT_MS = 5000;

/** REPLCONF options of redis 7.2.6, and those of newer servers, which an older master refuses without harm. */
const KNOWN_OPTIONS: ReadonlySet<string> = new Set([
  'listening-port',
  'ip-address',
  'capa',
  'ack',
  'getack',
  'fack',
  'rdb-only',
  'rdb-filter-only',
  'version',
  'rdb-channel',
  'main-ch-client-id',
  'set-rdb-client-id',
  'uuid',
]);

export interface IntroductionOptions {
  /** What is known of earlier connections, and the address that this one comes from. */
  readonly memory?: ReplicaMemory;
  readonly peerHost?: string;
}

export class Introduction {
  /** It wants the snapshot alone. */
  rdbOnly = false;
  /** It came with SYNC, and sends no ACKs. */
  preSync = false;
  /** What PSYNC asked for: the first byte wanted. */
  asked = 0;
  askedReplid = '';
  /** PSYNC asked for what follows its last ACK. */
  goesOn = false;
  /** Commands whose replies have not come, by name. */
  private readonly expected: string[] = [];
  private sentAuth = false;
  private introduced = false;
  private announcedPort: Bytes | undefined;

  constructor(
    private readonly find: (finding: Finding) => void,
    private readonly options: IntroductionOptions,
  ) {}

  /** The command that is answered next. */
  get next(): string | undefined {
    return this.expected[0];
  }

  /** The answer to `next` has come. @returns what it was the answer to */
  answered(): string | undefined {
    return this.expected.shift();
  }

  /** A command, its name in lower case. @returns whether it is answered */
  command(name: string, argv: readonly Bytes[]): boolean {
    if (name === 'auth' || (name === 'hello' && argv.some((arg) => isWord(arg, 'auth'))))
      this.sentAuth = true;
    if (name === 'replconf' && !this.replconf(argv)) return false;
    if (name === 'psync') this.psync(argv);
    if (name === 'sync') this.preSync = true;
    this.expected.push(name);
    return true;
  }

  /** @returns whether it is answered */
  private replconf(argv: readonly Bytes[]): boolean {
    this.introduced = true;
    if (argv.length % 2 === 0) {
      this.find({ id: 'replconf-odd-options', text: `It sent \`${shown(argv)}\`.` });
      return true;
    }
    for (let i = 1; i < argv.length; i += 2) {
      const option = lower(argv[i]) as string;
      if (option === 'ack') return false;
      if (option === 'listening-port') this.announcedPort = argv[i + 1];
      if (option === 'rdb-only' || option === 'rdb-channel') this.rdbOnly ||= argv[i + 1] !== '0';
      if (!KNOWN_OPTIONS.has(option))
        this.find({
          id: 'replconf-option-unknown',
          text: `It sent \`${shown(argv)}\`: no server knows the option \`${quote(argv[i], false)}\`.`,
        });
    }
    return true;
  }

  private psync(argv: readonly Bytes[]): void {
    if (this.expected.length > 0) this.tooEarly();
    const offset = argv.length === 3 ? parseSafeInt(argv[2]) : undefined;
    if (offset === undefined)
      this.find({
        id: 'psync-malformed',
        text: `It sent \`${shown(argv)}\`, which is not an id and a number.`,
      });
    if (this.announcedPort === undefined && !this.rdbOnly) this.find({ id: 'no-listening-port' });
    this.asked = offset ?? 0;
    this.askedReplid = offset === undefined ? '' : lower(argv[1]);
    const { memory } = this.options;
    this.goesOn = memory?.continues(this.name, this.askedReplid, this.asked) ?? false;
    const held = this.goesOn ? undefined : memory?.holds(this.name, this.askedReplid, this.asked);
    if (held !== undefined) this.asksForLast(held);
  }

  /** The same replica, as far as that can be known. */
  get name(): string {
    return `${this.options.peerHost ?? ''} ${this.announcedPort ?? ''}`;
  }

  /** It has the byte that PSYNC asked for; `why` that is known. */
  asksForLast(why: string): void {
    this.find({
      id: 'psync-asks-for-last-byte',
      text: `PSYNC asked for byte ${this.asked}, which the replica has: ${why}. The first one that it lacks is ${this.asked + 1}.`,
    });
  }

  private tooEarly(): void {
    const names = this.expected.map((name) => `\`${name.toUpperCase()}\``).join(', ');
    this.find({
      id: 'psync-before-replies',
      text: `PSYNC came while the answers to ${names} were not sent yet: they were sent in one go.`,
    });
  }

  /** What an error says that answered command `to`. */
  refused(to: string | undefined, line: Bytes): void {
    // A replica that will log in next is refused its PING first.
    if (/^-(NOAUTH|ERR operation not permitted)/.test(line)) {
      if (to !== 'ping' && !this.sentAuth)
        this.find({
          id: 'replica-sent-no-auth',
          text: `${(to ?? '').toUpperCase()} was answered \`${line}\`, and the replica has sent no AUTH.`,
        });
    } else if (/^-WRONGPASS/.test(line))
      this.find({ id: 'wrongpass', text: `AUTH was answered \`${line}\`.` });
    else if (/^-NOPERM/.test(line) && to !== 'ping')
      this.find({ id: 'noperm-psync', text: `${(to ?? '').toUpperCase()} was answered \`${line}\`.` });
    else if (/^-ERR SYNC and PSYNC are invalid with pending output/.test(line))
      this.find({ id: 'psync-before-replies', text: `PSYNC was answered \`${line}\`.` });
  }

  /** For so long it has said nothing. */
  silent(silentMs: number): void {
    if (!this.introduced || this.expected.length > 0 || silentMs <= SILENT_MS) return;
    this.find({
      id: 'silent-before-psync',
      text: `It has sent REPLCONF, and everything was answered; for ${seconds(silentMs)} nothing has come.`,
    });
  }
}
