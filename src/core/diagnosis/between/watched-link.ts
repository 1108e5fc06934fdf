/**
 * One connection through `handshake --between`: its bytes in both directions, turned into the events of the trace. The master's side
 * is told as a visit is (master-side.ts) and judged by the rules of every examination; the replica's side is judged by the
 * ReplicaJudge, the one of `serve --trace`.
 */
import { lower, quote, type Bytes } from '../../base/bytes.js';
import { parseSafeInt } from '../../base/numbers.js';
import { type Untold } from '../../replication/handshake/observer.js';
import { type ReplicaEvent } from '../replica/events.js';
import { ReplicaDecoder } from '../replica/from-replica.js';
import { ReplicaJudge } from '../replica/judge.js';
import { type ReplicaMemory } from '../replica/memory.js';
import { type Asked } from '../evidence.js';
import { type ExamineEvent, type TraceEvent } from '../trace.js';
import { MasterSide } from './master-side.js';

/** The first byte of a TLS connection: a handshake record. */
const TLS_HANDSHAKE = 0x16;

export class WatchedLink {
  private readonly master: MasterSide;
  private readonly judge: ReplicaJudge;
  private readonly decoder = new ReplicaDecoder();
  private asked: Asked;
  private passedOn = false;
  private over = false;
  private readonly beganUs: number;
  private toldBytes = 0;

  constructor(
    private readonly conn: number,
    private readonly observer: (event: TraceEvent) => void,
    private readonly now: () => number,
    setup: {
      readonly replica: string;
      readonly tls: boolean;
      readonly wallMs: number;
      readonly memory: ReplicaMemory;
    },
  ) {
    this.beganUs = now();
    this.asked = { capa: [], tls: setup.tls, password: false, psync: 'none', probe: false };
    this.tell({ kind: 'visit', step: 'examine', role: 'watched', asked: this.asked });
    this.tell({ kind: 'attached', step: 'examine', replica: setup.replica });
    this.master = new MasterSide(setup.wallMs, (event) => this.pass({ ...event, atUs: this.now(), conn }));
    this.judge = new ReplicaJudge((event) => this.judged(event), {
      memory: setup.memory,
      peerHost: setup.replica.slice(0, Math.max(0, setup.replica.lastIndexOf(':'))),
    });
  }

  connected(local: string, localPort: number, remote: string): void {
    this.pass({
      kind: 'connect',
      step: 'connect',
      local,
      localPort,
      remote,
      atUs: this.now(),
      conn: this.conn,
    });
  }

  unreachable(error: Extract<TraceEvent, { kind: 'unreachable' }>['error']): void {
    this.pass({ kind: 'unreachable', step: 'connect', error, atUs: this.now(), conn: this.conn });
    this.detached('master', error.message);
  }

  fromReplica(chunk: Buffer): void {
    if (this.silent()) return;
    const nowMs = this.ms();
    if (!this.judge.isReplica && chunk[0] === TLS_HANDSHAKE) {
      return this.passOn('it speaks TLS: give us the plain port, and rediss:// for the way to the master');
    }
    for (const item of this.decoder.push(chunk, 0, chunk.length)) {
      if (item.kind === 'command' && item.argv.length > 0) this.command(item.argv, item.inline);
      if (this.passedOn) return;
    }
    this.judge.fromReplica(chunk, nowMs);
  }

  fromMaster(chunk: Buffer): void {
    if (this.silent()) return;
    // In the order in which one would tell it: what came, then what it means for the replica.
    this.master.received(chunk, this.ms());
    this.judge.toReplica(chunk, this.ms());
  }

  /** Time has passed: about once a second. */
  tick(): void {
    if (this.silent()) return;
    this.judge.tick(this.ms());
    this.master.tick(this.ms());
    this.progress();
  }

  closed(by: 'replica' | 'master', error?: string): void {
    if (this.over) return;
    if (!this.passedOn) {
      this.judge.closed(this.ms(), error === undefined ? by : 'error');
      this.master.closed(by, this.ms());
    }
    this.detached(by, error);
  }

  /** Watching ends while the connection stands. */
  stop(): void {
    if (this.silent()) return;
    this.over = true;
    this.master.stop();
  }

  private command(argv: readonly Bytes[], inline: boolean): void {
    if (!this.master.sent(argv, inline, this.ms())) {
      return this.passOn(`it sent ${quote(argv[0].slice(0, 32) as Bytes, false)}, as clients do`);
    }
    if (!this.master.inStream) this.learn(argv);
  }

  /** What it says of itself, which the rules read. */
  private learn(argv: readonly Bytes[]): void {
    const name: string = lower(argv[0]);
    const before = this.asked;
    if (name === 'auth') this.asked = { ...before, password: true };
    if (name === 'psync') this.asked = { ...before, psync: this.master.asked };
    if (name === 'replconf') {
      for (let i = 1; i + 1 < argv.length; i += 2) this.option(lower(argv[i]), argv[i + 1]);
    }
    if (this.asked !== before) this.tell({ kind: 'asked', step: 'examine', asked: this.asked });
  }

  private option(name: string, value: Bytes): void {
    if (name === 'capa') this.asked = { ...this.asked, capa: [...this.asked.capa, value].slice(-64) };
    if (name === 'ip-address') this.asked = { ...this.asked, announceIp: value };
    const port = name === 'listening-port' ? parseSafeInt(value) : undefined;
    if (port !== undefined && port >= 0) this.asked = { ...this.asked, listeningPort: port };
  }

  // ---- what the judge says

  private judged(event: ReplicaEvent): void {
    switch (event.kind) {
      case 'getack':
        return this.tell({ kind: 'getack', step: 'examine', offset: event.offset });
      case 'ack': {
        const { atMs: _, ...ack } = event;
        return this.tell({ ...ack, step: 'examine' });
      }
      case 'odd':
        return this.tell({ kind: 'odd', step: 'examine', bytes: event.bytes });
      case 'blind':
        return this.tell({ kind: 'note', step: 'examine', text: 'offsets are not judged from here on' });
      case 'finding': {
        const { kind: _, atMs: __, ...what } = event;
        return this.tell({ kind: 'noticed', step: 'examine', side: 'replica', ...what });
      }
      // Told by the master's side, with their bytes.
      case 'command':
      case 'reply':
      case 'keepalive':
      case 'full':
      case 'continue':
      case 'snapshot-begin':
      case 'snapshot-end':
      case 'newline':
      case 'closed':
        return;
    }
  }

  // ---- telling

  private passOn(why: string): void {
    this.passedOn = true;
    this.tell({ kind: 'passed-on', step: 'examine', why });
  }

  private detached(by: 'replica' | 'master', error?: string): void {
    this.over = true;
    const ms = (this.now() - this.beganUs) / 1000;
    this.tell({ kind: 'detached', step: 'examine', by, ms, ...(error !== undefined && { error }) });
  }

  private progress(): void {
    const progress = this.master.inStream ? this.master.progress() : undefined;
    if (!progress || progress.bytesRead === this.toldBytes) return;
    this.toldBytes = progress.bytesRead;
    this.tell({ kind: 'stream-progress', step: 'examine', ...progress });
  }

  private silent(): boolean {
    return this.passedOn || this.over;
  }

  private ms(): number {
    return this.now() / 1000;
  }

  private tell(event: Untold<ExamineEvent>): void {
    this.pass({ ...event, atUs: this.now(), conn: this.conn });
  }

  private pass(event: TraceEvent): void {
    this.observer(event);
  }
}
