/**
 * Home-made replicas for the tests of a master: a socket that attaches, counts what it is sent and acknowledges it as a good replica
 * does, unless a test gives it other habits. Nothing is shared with the code under test.
 */
import net from 'node:net';
import { eventually } from './eventually.js';

/** A command in its wire form. */
function encode(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg, 'latin1')}\r\n${arg}\r\n`).join('')}`;
}

export interface Habits {
  /** What is sent before the snapshot, each as one write, each answered by a line. A good replica's when left out. */
  readonly introduction?: readonly string[];
  readonly eof?: boolean;
  /** Called for each command of the stream, before it is counted. */
  readonly on?: (args: readonly string[], replica: FakeReplica) => void;
  /** What it answers GETACK with; undefined: nothing. */
  readonly answer?: (replica: FakeReplica) => number | undefined;
  /** Sends no ACKs by itself. */
  readonly silent?: boolean;
}

const ACK_MS = 1000;

export class FakeReplica {
  /** The offset that is right. */
  offset = 0;
  /** Bytes of the command that is being executed. */
  wireLength = 0;
  snapshotBytes = 0;
  /** Bytes received before the snapshot. */
  handshakeBytes = 0;
  closed = false;
  /** Where it connects from. */
  readonly port: number;
  private online = false;
  private held = Buffer.alloc(0);
  private inMulti = 0;
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    readonly socket: net.Socket,
    private readonly habits: Habits,
  ) {
    this.port = socket.localPort ?? 0;
    socket.on('data', (chunk: Buffer) => {
      this.held = Buffer.concat([this.held, chunk]);
      if (this.online) this.readStream();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      clearInterval(this.timer);
    });
  }

  /** Connects to a server of this machine; nothing is sent. */
  static async connect(port: number, habits: Habits = {}): Promise<FakeReplica> {
    const socket = net.connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail));
    return new FakeReplica(socket, habits);
  }

  /** Attaches by a full sync and begins to follow. */
  static async attach(port: number, habits: Habits = {}): Promise<FakeReplica> {
    const replica = await FakeReplica.connect(port, habits);
    for (const message of habits.introduction ?? introduction(habits.eof ?? false)) {
      replica.send(message);
      await replica.line();
    }
    replica.send(encode(['PSYNC', '?', '-1']));
    await replica.sync();
    return replica;
  }

  /** Sends bytes as they are. */
  send(latin1: string): void {
    if (!this.closed) this.socket.write(latin1, 'latin1');
  }

  /** Sends a command. */
  command(...args: string[]): void {
    this.send(encode(args));
  }

  ack(offset = this.offset): void {
    this.command('REPLCONF', 'ACK', String(offset));
  }

  /** The next line that is not empty. */
  async line(): Promise<string> {
    let line = '';
    await eventually(() => {
      for (;;) {
        const lf = this.held.indexOf(10);
        if (lf < 0) return this.closed;
        line = this.held.subarray(0, lf).toString('latin1').trimEnd();
        this.held = this.held.subarray(lf + 1);
        this.handshakeBytes += lf + 1;
        if (line !== '') return true;
      }
    }, 20_000);
    return line;
  }

  /** Takes the answer to PSYNC and the snapshot, then follows. */
  async sync(): Promise<void> {
    const answer = /^\+FULLRESYNC \w{40} (\d+)$/.exec(await this.line());
    if (!answer) throw new Error('no full sync');
    this.offset = Number(answer[1]);
    const header = await this.line();
    if (header.startsWith('$EOF:')) await this.untilMark(Buffer.from(header.slice(5), 'latin1'));
    else await this.take(Number(header.slice(1)));
    this.online = true;
    if (!this.habits.silent) {
      this.ack();
      this.timer = setInterval(() => this.ack(), ACK_MS);
    }
    this.readStream();
  }

  private async take(bytes: number): Promise<void> {
    await eventually(() => this.held.length >= bytes);
    this.snapshotBytes = bytes;
    this.held = this.held.subarray(bytes);
  }

  private async untilMark(mark: Buffer): Promise<void> {
    await eventually(() => this.held.indexOf(mark) >= 0);
    this.snapshotBytes = this.held.indexOf(mark);
    this.held = this.held.subarray(this.snapshotBytes + mark.length);
  }

  private readStream(): void {
    for (;;) {
      const found = parse(this.held);
      if (found === undefined) return;
      this.held = this.held.subarray(found.bytes);
      this.execute(found.args, found.bytes);
    }
  }

  private execute(args: readonly string[], bytes: number): void {
    this.wireLength = bytes;
    const name = args[0].toLowerCase();
    if (name === 'replconf' && args[1]?.toLowerCase() === 'getack') {
      const answer = this.habits.answer === undefined ? this.offset : this.habits.answer(this);
      if (answer !== undefined) this.ack(answer);
    }
    if (name === 'multi') this.inMulti = 1;
    this.habits.on?.(args, this);
    this.inMulti += this.inMulti > 0 ? bytes : 0;
    if (this.inMulti === 0) this.offset += bytes;
    else if (name === 'exec') {
      this.offset += this.inMulti - 1;
      this.inMulti = 0;
    }
  }

  stop(): void {
    clearInterval(this.timer);
    this.socket.destroy();
  }
}

/** PING and the REPLCONFs of a good replica. */
function introduction(eof: boolean): string[] {
  const capa = eof ? ['capa', 'eof', 'capa', 'psync2'] : ['capa', 'psync2'];
  return [encode(['PING']), encode(['REPLCONF', 'listening-port', '6380']), encode(['REPLCONF', ...capa])];
}

/** The first command of `buf`, when it is whole. */
function parse(buf: Buffer): { args: string[]; bytes: number } | undefined {
  let at = 0;
  const number = (): number | undefined => {
    const lf = buf.indexOf(10, at);
    if (lf < 0) return undefined;
    const value = Number(buf.subarray(at + 1, lf - 1).toString('latin1'));
    at = lf + 1;
    return value;
  };
  const count = number();
  if (count === undefined) return undefined;
  const args: string[] = [];
  for (let i = 0; i < count; i++) {
    const length = number();
    if (length === undefined || at + length + 2 > buf.length) return undefined;
    args.push(buf.subarray(at, at + length).toString('latin1'));
    at += length + 2;
  }
  return { args, bytes: at };
}
