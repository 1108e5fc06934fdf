/**
 * The client side of a connection over node:net and node:tls, as the core's ByteChannel: TCP, TLS and unix sockets.
 *
 * It is the wire tap, too: the moment of every chunk is taken from the clock before anything is done with it. Whatever the
 * peer sent before it reset the connection has been delivered when `onClose` comes. Used by `handshake`, `inspect` and the
 * replica's link.
 */
import net from 'node:net';
import tls from 'node:tls';
import {
  type ByteChannel,
  type ChannelClose,
  type ChannelError,
  type ChannelEvents,
  type Dial,
  type DialOptions,
  type Endpoint,
  type FailedAddress,
} from '../base/byte-channel.js';
import { type Bytes } from '../base/bytes.js';
import { type Clock } from '../base/clock.js';
import { hostPort, type Target, type TlsOptions } from './target.js';

export interface ConnectOptions {
  readonly clock: Clock;
  /** Certificates and names, when the target speaks TLS or is to be probed for it. */
  readonly tls?: TlsOptions;
  /** For an attempt that names none, in milliseconds. */
  readonly timeoutMs?: number;
  /** The address to connect from; any when absent or empty. */
  readonly localAddress?: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** How to reach `target`: each call of the result is one attempt. */
export function connectTo(target: Target, options: ConnectOptions): Dial {
  return (events, dial = {}) => new Attempt(target, options, events, dial).abandon;
}

/** One attempt, and the channel it becomes. */
class Attempt implements ByteChannel {
  local: Endpoint = NOWHERE;
  remote: Endpoint = NOWHERE;
  readonly tried: FailedAddress[] = [];
  private readonly socket: net.Socket;
  private readonly timer;
  private readonly secure: boolean;
  private phase: 'connect' | 'tls' | 'open' | 'over' = 'connect';
  private closedByUs = false;
  private ended = false;
  private error: ChannelError | undefined;

  constructor(
    private readonly target: Target,
    private readonly options: ConnectOptions,
    private readonly events: ChannelEvents,
    dial: DialOptions,
  ) {
    const timeoutMs = dial.timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.timer = options.clock.after(timeoutMs, () => this.timedOut(timeoutMs), true);
    this.secure = target.kind === 'tcp' && (dial.tls ?? target.tls);
    this.socket = this.secure ? this.dialTls(dial) : net.connect(this.address(dial));
    this.socket.setNoDelay(true);
    if (!this.secure) this.socket.once('connect', () => this.opened());
    this.socket.on('connectionAttemptFailed', (ip: string, port: number, _family: number, error: Error) =>
      this.notReached(ip, port, (error as NodeJS.ErrnoException).code ?? error.name),
    );
    this.socket.on('connectionAttemptTimeout', (ip: string, port: number) =>
      this.notReached(ip, port, 'TIMEOUT'),
    );
    this.socket.on('data', (chunk: Buffer) => this.received(chunk));
    this.socket.once('end', () => (this.ended = true));
    this.socket.on('error', (error) => (this.error ??= this.describe(error)));
    this.socket.once('close', () => this.closed());
  }

  readonly abandon = (): void => {
    if (this.phase === 'over') return;
    this.phase = 'over';
    this.timer.cancel();
    this.socket.destroy();
  };

  write(bytes: Bytes): void {
    if (this.phase === 'open' && this.socket.writable) this.socket.write(bytes, 'latin1');
  }

  writeBuffer(bytes: Buffer): void {
    if (this.phase === 'open' && this.socket.writable) this.socket.write(bytes);
  }

  get unsentBytes(): number {
    return this.socket.writableLength;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  close(): void {
    if (this.phase !== 'open') return;
    this.closedByUs = true;
    this.socket.destroy();
  }

  private dialTls(dial: DialOptions): tls.TLSSocket {
    const own = this.options.tls ?? {};
    const host = this.target.kind === 'tcp' ? this.target.host : '';
    const servername = own.sni ?? (net.isIP(host) ? '' : host);
    const socket = tls.connect({
      ...this.address(dial),
      ca: own.ca,
      cert: own.cert,
      key: own.key,
      servername,
      rejectUnauthorized: own.insecure !== true,
    });
    socket.once('connect', () => (this.phase = 'tls'));
    socket.once('secureConnect', () => this.opened());
    return socket;
  }

  private address(dial: DialOptions): net.NetConnectOpts {
    const { target } = this;
    if (target.kind === 'unix') return { path: target.path };
    const { localAddress } = this.options;
    return {
      host: target.host,
      port: target.port,
      ...(dial.localPort ? { localPort: dial.localPort } : {}),
      ...(localAddress ? { localAddress } : {}),
    };
  }

  /** A name may have several addresses, which are tried in turn. */
  private notReached(ip: string, port: number, code: string): void {
    const address = hostPort(ip, port);
    if (!this.tried.some((other) => other.address === address)) this.tried.push({ address, code });
  }

  private opened(): void {
    if (this.phase === 'over') return;
    this.timer.cancel();
    this.phase = 'open';
    const { socket, target } = this;
    if (target.kind === 'unix') {
      this.local = { address: 'unix socket', host: '', port: 0 };
      this.remote = { address: target.path, host: target.path, port: 0 };
    } else {
      this.local = endpoint(socket.localAddress ?? '', socket.localPort ?? 0);
      this.remote = endpoint(socket.remoteAddress ?? target.host, socket.remotePort ?? target.port);
    }
    this.events.onOpen(this);
  }

  private received(chunk: Buffer): void {
    if (this.phase === 'open' && !this.closedByUs) {
      this.events.onData(chunk, this.options.clock.monotonicUs());
    }
  }

  private timedOut(ms: number): void {
    if (this.phase === 'open' || this.phase === 'over') return;
    const what = this.phase === 'tls' ? 'the TLS handshake' : 'the connection attempt';
    this.error = { code: 'TIMEOUT', message: `${what} was not answered in ${ms} ms`, layer: this.phase };
    this.socket.destroy();
  }

  private closed(): void {
    this.timer.cancel();
    const { phase } = this;
    this.phase = 'over';
    if (phase === 'over') return;
    if (phase === 'open') return this.events.onClose(this.closeReason());
    this.events.onFail(
      this.error ?? { code: 'CLOSED', message: 'the peer closed the connection', layer: phase },
    );
  }

  private closeReason(): ChannelClose {
    if (this.closedByUs) return { by: 'us' };
    if (this.error && !this.ended) return { by: 'error', error: this.error };
    return { by: 'peer' };
  }

  private describe(error: NodeJS.ErrnoException & { errors?: readonly Error[] }): ChannelError {
    const layer = this.phase === 'open' ? 'stream' : this.phase === 'over' ? 'stream' : this.phase;
    // An attempt on several addresses of one name fails with one error for each.
    const message = error.errors?.map((e) => e.message).join('; ') ?? error.message;
    const tried = this.tried.length > 1 ? { tried: this.tried } : {};
    return { code: error.code ?? error.name, message: message || error.name, layer, ...tried };
  }
}

const NOWHERE: Endpoint = { address: '', host: '', port: 0 };

function endpoint(host: string, port: number): Endpoint {
  // A dual-stack socket shows an IPv4 peer as ::ffff:1.2.3.4.
  const plain = host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host;
  return { address: hostPort(plain, port), host: plain, port };
}
