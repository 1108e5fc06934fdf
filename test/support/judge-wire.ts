/**
 * One connection between a replica and its master, written out by hand, for the judge of replicas. A test says what either side
 * sends and when; `ids` are the diagnoses that come of it. With `splitAt` each message comes in pieces of that many bytes.
 */
import { ReplicaJudge, type JudgeOptions } from '../../src/core/diagnosis/replica/judge.js';
import { type ReplicaEvent } from '../../src/core/diagnosis/replica/events.js';
import { EMPTY_RDB, REPLID } from './fake-master.js';

export const MARK = '0123456789abcdef0123456789abcdef01234567';

/** A command in its wire form. */
export function resp(...args: string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg, 'latin1')}\r\n${arg}\r\n`).join('')}`;
}

export const GETACK = resp('REPLCONF', 'GETACK', '*');
export const PING = resp('ping');
export const SELECT = resp('SELECT', '0');

export class JudgeWire {
  readonly events: ReplicaEvent[] = [];
  readonly judge: ReplicaJudge;
  nowMs = 1000;

  constructor(
    options: JudgeOptions = {},
    private readonly splitAt = Infinity,
  ) {
    this.judge = new ReplicaJudge((event) => this.events.push(event), options);
  }

  get ids(): readonly string[] {
    return this.judge.found;
  }

  private pieces(text: string): Buffer[] {
    const whole = Buffer.from(text, 'latin1');
    if (this.splitAt === Infinity) return [whole];
    const pieces: Buffer[] = [];
    for (let at = 0; at < whole.length; at += this.splitAt)
      pieces.push(whole.subarray(at, at + this.splitAt));
    return pieces;
  }

  /** The replica sends. The memory is written over afterwards, as a shared read buffer is. */
  replica(text: string): this {
    for (const piece of this.pieces(text)) {
      const shared = Buffer.from(piece);
      this.judge.fromReplica(shared, this.nowMs);
      shared.fill(0x58);
    }
    return this;
  }

  /** The master sends. */
  master(text: string): this {
    for (const piece of this.pieces(text)) {
      const shared = Buffer.from(piece);
      this.judge.toReplica(shared, this.nowMs);
      shared.fill(0x58);
    }
    return this;
  }

  ack(offset: number, ...more: string[]): this {
    return this.replica(resp('REPLCONF', 'ACK', String(offset), ...more));
  }

  /** Time passes, a tick a second. */
  wait(ms: number): this {
    for (const end = this.nowMs + ms; this.nowMs < end;) {
      this.nowMs = Math.min(end, this.nowMs + 1000);
      this.judge.tick(this.nowMs);
    }
    return this;
  }

  /** PING and the REPLCONFs of a real replica, up to PSYNC. */
  introduce(): this {
    return this.replica(resp('PING'))
      .master('+PONG\r\n')
      .replica(resp('REPLCONF', 'listening-port', '6380') + resp('REPLCONF', 'capa', 'eof', 'capa', 'psync2'))
      .master('+OK\r\n+OK\r\n');
  }

  /** A full sync of length form, up to the first byte of the stream. */
  full(offset = 0, rdb = EMPTY_RDB): this {
    return this.introduce()
      .replica(resp('PSYNC', '?', '-1'))
      .master(`+FULLRESYNC ${REPLID} ${offset}\r\n`)
      .master(`$${rdb.length}\r\n${rdb}`);
  }

  /** A partial resync from byte `asked` on. */
  resume(asked: number): this {
    return this.introduce()
      .replica(resp('PSYNC', REPLID, String(asked)))
      .master(`+CONTINUE ${REPLID}\r\n`);
  }

  /** The same in the EOF form, after a delay. */
  diskless(offset = 0, rdb = EMPTY_RDB): this {
    return this.introduce()
      .replica(resp('PSYNC', '?', '-1'))
      .master('\n')
      .master(`+FULLRESYNC ${REPLID} ${offset}\r\n$EOF:${MARK}\r\n${rdb}${MARK}`);
  }

  /** What the ACK events say, newest last. */
  get acks(): Extract<ReplicaEvent, { kind: 'ack' }>[] {
    return this.events.filter((event) => event.kind === 'ack');
  }
}
