/**
 * Scripted masters for the tests of the handshake: a TCP (or TLS) server whose answer to each command is a function.
 *
 * Without a script it behaves as a good small master does. A test replaces single answers to make one fault. Nothing is
 * shared with the code under test: requests are decoded by the test's own decoder, answers are bytes written out by hand.
 */
import net from 'node:net';
import tls from 'node:tls';
import { ReplyDecoder } from './resp-decoder.js';

export const REPLID = '8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb';

/** The empty RDB that the CodeCrafters course publishes: 88 bytes, version 11, with its checksum. */
export const EMPTY_RDB = Buffer.from(
  '524544495330303131fa0972656469732d76657205372e322e30fa0a72656469732d62697473c040fa056374696d65c26d08bc65' +
    'fa08757365642d6d656dc2b0c41000fa08616f662d62617365c000fff06e3bfec0ff5aa2',
  'hex',
).toString('latin1');

/** Header, end opcode, eight zero bytes for a checksum that was not computed: the smallest RDB of version 9. */
export const TINY_RDB = 'REDIS0009\xff\0\0\0\0\0\0\0\0';

/** One connection to the fake. */
export interface FakeConnection {
  readonly port: number;
  readonly host: string;
  readonly socket: net.Socket;
  /** The commands read so far, upper-case names joined with their arguments by blanks. */
  readonly seen: string[];
  send(latin1: string): void;
  /** Ends the connection in order, after what was sent. */
  close(): void;
  /** Drops it with an RST. */
  reset(): void;
}

/** The bytes to answer with; nothing: silence. */
export type Answer = (args: readonly string[], connection: FakeConnection) => string | undefined;

export interface Script {
  /** When a connection comes, before any command. */
  readonly connect?: (connection: FakeConnection) => void;
  /** By command name in lower case; `*` for all others. */
  readonly on?: Readonly<Record<string, Answer | string>>;
  /** Speak TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Raw bytes go here instead of being decoded as commands. */
  readonly raw?: (chunk: Buffer, connection: FakeConnection) => void;
}

export interface FakeMaster {
  readonly port: number;
  /** Every connection, in order of arrival. */
  readonly connections: readonly FakeConnection[];
  /** Exchanges the script: connections that stand follow the new one. */
  play(script: Script): void;
  stop(): Promise<void>;
}

/** What a good small master says. */
const GOOD: Readonly<Record<string, Answer | string>> = {
  ping: '+PONG\r\n',
  replconf: (args) => (/^(ack|getack)$/i.test(args[1] ?? '') ? undefined : '+OK\r\n'),
  psync: (args) => (args[1] === '?' ? fullSync() : `+CONTINUE ${REPLID}\r\n`),
  info: () => bulk(infoText()),
  '*': (args) => `-ERR unknown command '${args[0]}', with args beginning with: \r\n`,
};

/** `+FULLRESYNC` and the snapshot in the length form. */
export function fullSync(rdb: string = EMPTY_RDB, offset = 0, length = rdb.length): string {
  return `+FULLRESYNC ${REPLID} ${offset}\r\n$${length}\r\n${rdb}`;
}

/** A bulk string. */
export function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

/** INFO as a master with a backlog prints it. */
export function infoText(fields: Readonly<Record<string, string | number>> = {}): string {
  const all = {
    redis_version: '7.2.6',
    role: 'master',
    connected_slaves: 0,
    master_failover_state: 'no-failover',
    master_replid: REPLID,
    master_replid2: '0000000000000000000000000000000000000000',
    master_repl_offset: 0,
    second_repl_offset: -1,
    repl_backlog_active: 1,
    repl_backlog_size: 1048576,
    repl_backlog_first_byte_offset: 1,
    repl_backlog_histlen: 0,
    ...fields,
  };
  return (
    '# Replication\r\n' +
    Object.entries(all)
      .map(([k, v]) => `${k}:${v}\r\n`)
      .join('')
  );
}

/** A command as it stands in a stream. */
export function command(...args: string[]): string {
  return `*${args.length}\r\n` + args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('');
}

/** Starts a fake on a free port of 127.0.0.1. */
export async function startFakeMaster(script: Script = {}): Promise<FakeMaster> {
  let current = script;
  const connections: FakeConnection[] = [];
  const accept = (socket: net.Socket): void => {
    const connection = wrap(socket);
    connections.push(connection);
    const decoder = new ReplyDecoder();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (current.raw) current.raw(chunk, connection);
      else serve(decoder, chunk, connection, current);
    });
    current.connect?.(connection);
  };
  const server = script.tls ? tls.createServer(script.tls, accept) : net.createServer(accept);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections,
    play: (next) => (current = next),
    stop: () =>
      new Promise((resolve) => {
        for (const { socket } of connections) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function serve(decoder: ReplyDecoder, chunk: Buffer, connection: FakeConnection, script: Script): void {
  // A bare newline between commands is a sign of life.
  decoder.feed(Buffer.from(chunk[0] === 10 && chunk[1] === 42 ? chunk.subarray(1) : chunk));
  for (let request = decoder.next(); request !== undefined; request = decoder.next()) {
    if (request.type !== 'array') throw new Error('the fake reads arrays only');
    const args = request.items.map((item) => ('text' in item ? item.text : ''));
    connection.seen.push([args[0].toUpperCase(), ...args.slice(1)].join(' '));
    const name = args[0].toLowerCase();
    const answer = script.on?.[name] ?? script.on?.['*'] ?? GOOD[name] ?? GOOD['*'];
    const bytes = typeof answer === 'string' ? answer : answer(args, connection);
    if (bytes !== undefined) connection.send(bytes);
  }
}

function wrap(socket: net.Socket): FakeConnection {
  socket.setNoDelay(true);
  return {
    port: socket.remotePort ?? 0,
    host: socket.remoteAddress ?? '',
    socket,
    seen: [],
    send: (latin1) => void socket.write(latin1, 'latin1'),
    close: () => void socket.end(),
    reset: () => void socket.resetAndDestroy(),
  };
}
