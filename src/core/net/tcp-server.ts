/**
 * Listener: accepts connections on TCP addresses and unix sockets and hands their bytes to sessions.
 *
 * Plain connections read through an InputBuffer; the bytes are valid only while `receive` runs, and a session copies what it
 * keeps. TLS and Nodes without the fast path take `data` events and socket writes instead.
 */
import { createServer, isIP, type Server, type Socket } from 'node:net';
import { type Connection } from '../engine/connection.js';
import { plainHost, SocketConnection, type Addresses } from './connection.js';
import { InputBuffer } from './input-buffer.js';
import { interceptAccept, takeAddress, wrapHandle, type StreamHandle } from './fast-path.js';
import { hostPort } from './target.js';

/** The first read of a silent connection takes at most this many bytes. */
const READ_BUFFER_BYTES = 64 * 1024;

/** A peer that has sent everything may still read its answers. */
const SERVER_OPTIONS = { noDelay: true, allowHalfOpen: true } as const;

/** Who takes the bytes of a connection. */
export interface Receiver {
  receive(chunk: Buffer, start: number, end: number): void;
  /** The peer sends nothing more; it may still read. */
  inputEnded(): void;
  disconnected(): void;
}

export interface ListenerOptions {
  /** A new connection; undefined: it is refused (and closed by the callee). */
  accept(connection: Connection): Receiver | undefined;
  readonly backlog: number;
  /** Read for each new connection. */
  readonly keepAliveSeconds: number;
  /** False: never take the fast path (tests, comparison). */
  readonly fast?: boolean;
}

export class Listener {
  private tcpServers: Server[] = [];
  private readonly unixServers: Server[] = [];
  private readonly shared = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  private readonly sockets = new Set<Socket>();

  constructor(private readonly options: ListenerOptions) {}

  /** Listens on a TCP address. @returns the port, which was chosen by the system when `port` is 0 */
  listen(host: string, port: number): Promise<number> {
    const where = { host, port, backlog: this.options.backlog, ipv6Only: host.includes(':') };
    return this.open(where, undefined).then((server) => (server.address() as { port: number }).port);
  }

  /**
   * Listens on an IP address before it returns.
   * @returns undefined, or the code of what went wrong; ENOTSUP when this Node cannot do it at once
   */
  listenNow(ip: string, port: number): string | undefined {
    if (isIP(ip) === 0) return 'EINVAL';
    const handle = takeAddress(ip, port, this.options.backlog);
    if (handle === undefined) return 'ENOTSUP';
    if (typeof handle === 'string') return handle;
    this.adoptServer(createServer(SERVER_OPTIONS).listen(handle), undefined);
    return undefined;
  }

  /** Gives the TCP addresses up; connections stay. */
  stopListening(): void {
    for (const server of this.tcpServers) server.close();
    this.tcpServers = [];
  }

  async listenUnix(path: string): Promise<void> {
    await this.open({ path, backlog: this.options.backlog }, path);
  }

  private open(where: object, unixPath: string | undefined): Promise<Server> {
    const server = createServer(SERVER_OPTIONS);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, () => {
        server.off('error', reject);
        this.adoptServer(server, unixPath);
        resolve(server);
      });
    });
  }

  /** From now on connections to a listening server are ours. */
  private adoptServer(server: Server, unixPath: string | undefined): void {
    server.on('error', () => undefined);
    (unixPath === undefined ? this.tcpServers : this.unixServers).push(server);
    this.fast =
      this.options.fast !== false && interceptAccept(server, (handle) => this.acceptFast(handle, unixPath));
    server.on('connection', (socket) => this.acceptPlain(socket, unixPath));
  }

  /** Whether connections take the fast path. */
  fast = false;

  private acceptFast(handle: StreamHandle, unixPath: string | undefined): void {
    const input = new InputBuffer(handle, this.shared, (buffer, bytes) =>
      receiver?.receive(buffer, 0, bytes),
    );
    const socket = wrapHandle(handle, input);
    // Nothing is read before this turn of the event loop is over.
    const receiver = this.adopt(socket, unixPath, handle, input);
  }

  private acceptPlain(socket: Socket, unixPath: string | undefined): void {
    const receiver = this.adopt(socket, unixPath);
    socket.on('data', (chunk: Buffer) => receiver?.receive(chunk, 0, chunk.length));
  }

  private adopt(
    socket: Socket,
    unixPath: string | undefined,
    handle?: StreamHandle,
    input?: InputBuffer,
  ): Receiver | undefined {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    const { keepAliveSeconds } = this.options;
    if (keepAliveSeconds > 0) socket.setKeepAlive(true, keepAliveSeconds * 1000);
    const addresses = addressesOf(socket, unixPath);
    const connection = new SocketConnection(socket, unixPath !== undefined, addresses, handle, input);
    const receiver = this.options.accept(connection);
    socket.once('end', () => {
      if (receiver === undefined) socket.end();
      else receiver.inputEnded();
    });
    socket.once('close', () => {
      this.sockets.delete(socket);
      receiver?.disconnected();
      input?.close();
    });
    return receiver;
  }

  /** Stops accepting and closes every connection. */
  async close(): Promise<void> {
    const closing = [...this.tcpServers.splice(0), ...this.unixServers.splice(0)].map(
      (server) => new Promise<void>((done) => server.close(() => done())),
    );
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(closing);
  }
}

/** The clients of a unix socket have no address: both ends are shown by its path (redis 7.2.6 networking.c:genClientAddrString). */
function addressesOf(socket: Socket, unixPath: string | undefined): Addresses {
  if (unixPath !== undefined) return { peer: `${unixPath}:0`, peerHost: '', local: `${unixPath}:0` };
  const peerHost = plainHost(socket.remoteAddress ?? '?');
  const localHost = plainHost(socket.localAddress ?? '?');
  return {
    peer: hostPort(peerHost, socket.remotePort ?? 0),
    peerHost,
    local: hostPort(localHost, socket.localPort ?? 0),
  };
}
