/**
 * SocketConnection: the Connection port of the engine over a TCP, unix or TLS socket.
 *
 * Two ways out: straight to the libuv handle (plain sockets, net/fast-path.ts), or through the socket (TLS, and where Node's
 * internals are not as expected). `queuedBytes` counts what the kernel has not taken in either case.
 */
import { type Socket } from 'node:net';
import { type Connection, type InputRoom } from '../engine/connection.js';
import {
  findWriteRequest,
  streamState,
  writeWatcher,
  type StreamHandle,
  type WriteRequest,
} from './fast-path.js';

const goesOn = writeWatcher(streamState);

/** How addresses are shown. */
export interface Addresses {
  readonly peer: string;
  readonly peerHost: string;
  readonly local: string;
}

export class SocketConnection implements Connection {
  readonly peerAddress: string;
  readonly peerHost: string;
  readonly localAddress: string;
  readonly isLoopback: boolean;
  private readonly drained: (() => void)[] = [];
  private readonly onComplete = (status: number) => this.completed(status);
  /** Not the event 'drain': the stream emits that only when it had more than its high-water mark. */
  private readonly onWritten = () => {
    if (this.drained.length > 0 && this.queuedBytes === 0) this.callDrained();
  };
  private idle: WriteRequest | undefined;
  /** Writes that the kernel has not taken whole. */
  private inFlight = 0;
  private reading = true;
  private closed = false;

  constructor(
    private readonly socket: Socket,
    readonly isUnix: boolean,
    addresses: Addresses,
    /** Present: writes go straight to it. */
    private readonly handle: StreamHandle | undefined,
    readonly input?: InputRoom,
  ) {
    this.peerAddress = addresses.peer;
    this.peerHost = addresses.peerHost;
    this.localAddress = addresses.local;
    this.isLoopback = isLoopbackHost(addresses.peerHost);
    socket.once('close', () => (this.closed = true));
  }

  write(latin1: string): void {
    if (this.closed) return;
    if (this.handle === undefined) {
      this.socket.write(latin1, 'latin1', this.onWritten);
      return;
    }
    const req = this.request();
    this.dispatched(req, this.handle.writeLatin1String(req, latin1));
  }

  writeBuffer(bytes: Buffer): void {
    if (this.closed || bytes.length === 0) return;
    if (this.handle === undefined) this.socket.write(bytes, this.onWritten);
    else this.writeBytes(this.handle, bytes);
  }

  writeTransient(bytes: Buffer): boolean {
    if (this.closed) return true;
    // What waits for a slow peer is copied: it would keep the whole block from being used again.
    if (this.handle === undefined || this.inFlight > 0) {
      this.writeBuffer(Buffer.from(bytes));
      return true;
    }
    return this.writeBytes(this.handle, bytes);
  }

  /** @returns whether the kernel took all of it at once */
  private writeBytes(handle: StreamHandle, bytes: Buffer): boolean {
    const req = this.request();
    req.buffer = bytes;
    const taken = this.dispatched(req, handle.writeBuffer(req, bytes));
    if (taken) req.buffer = undefined;
    return taken;
  }

  /** A request whose bytes the kernel took at once is free for the next write. */
  private request(): WriteRequest {
    const { idle } = this;
    if (idle === undefined) return this.newRequest();
    this.idle = undefined;
    return idle;
  }

  private newRequest(): WriteRequest {
    const req = new (findWriteRequest()!)();
    req.handle = this.handle!;
    req.oncomplete = this.onComplete;
    req.async = true;
    return req;
  }

  /** @returns whether the write is over: `oncomplete` is called for those that are not */
  private dispatched(req: WriteRequest, error: number): boolean {
    if (error !== 0) this.socket.destroy();
    if (goesOn(req)) {
      this.inFlight++;
      return false;
    }
    this.idle = req;
    return true;
  }

  private completed(status: number): void {
    this.inFlight--;
    if (status < 0) this.socket.destroy();
    else if (this.queuedBytes === 0) this.callDrained();
  }

  get queuedBytes(): number {
    if (this.closed) return 0;
    if (this.handle === undefined) return this.socket.writableLength;
    // Asked after each reply: the handle itself is a call out of JavaScript away.
    return this.inFlight === 0 ? 0 : this.handle.writeQueueSize;
  }

  onDrained(callback: () => void): void {
    this.drained.push(callback);
  }

  private callDrained(): void {
    for (const callback of this.drained.splice(0)) callback();
  }

  pauseReading(): void {
    if (!this.reading || this.closed) return;
    this.reading = false;
    if (this.handle === undefined) this.socket.pause();
    else this.handle.readStop();
  }

  resumeReading(): void {
    if (this.reading || this.closed) return;
    this.reading = true;
    if (this.handle === undefined) this.socket.resume();
    else this.handle.readStart();
  }

  end(): void {
    if (this.closed) return;
    // Everything has been taken when this is called: the peer's half need not be waited for.
    this.socket.end();
    this.socket.destroySoon();
  }

  destroy(): void {
    this.socket.destroy();
    this.closed = true;
  }
}

/** `::ffff:127.0.0.1` is `127.0.0.1`. */
export function plainHost(host: string): string {
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host;
}

function isLoopbackHost(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}
