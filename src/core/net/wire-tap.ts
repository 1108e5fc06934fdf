/**
 * A tap on a connection that was accepted: whoever listens is given the bytes of both directions as they pass, and nothing is
 * changed. Until the tap is taken off it costs a call per read and per write; then a forwarded call. Made only where somebody
 * wants to listen (`serve --trace`): otherwise connections are what they are.
 */
import { type Connection, type InputRoom } from '../engine/connection.js';
import { type Receiver } from './tcp-server.js';

export interface Tap {
  /** Bytes of the peer, `chunk[start, end)`, before they are executed; in memory that is used again. */
  received(chunk: Buffer, start: number, end: number): void;
  /** Bytes for the peer; in memory that is used again. */
  sent(bytes: Buffer): void;
  closed(by: 'peer' | 'us'): void;
}

/** Accepts `connection` under a tap. @returns who takes its bytes, or undefined when it was refused */
export function acceptTapped(
  connection: Connection,
  tap: Tap,
  accept: (connection: Connection) => Receiver | undefined,
): TappedConnection | undefined {
  const tapped = new TappedConnection(connection, tap);
  const receiver = accept(tapped);
  if (receiver === undefined) return undefined;
  tapped.receiver = receiver;
  return tapped;
}

export class TappedConnection implements Connection, Receiver {
  readonly peerAddress: string;
  readonly localAddress: string;
  readonly peerHost: string;
  readonly isUnix: boolean;
  readonly isLoopback: boolean;
  /** Who takes the bytes. */
  receiver: Receiver | undefined;
  /** Who was first to end it. */
  private endedBy: 'peer' | 'us' | undefined;

  constructor(
    private readonly connection: Connection,
    private tap: Tap | undefined,
  ) {
    this.peerAddress = connection.peerAddress;
    this.localAddress = connection.localAddress;
    this.peerHost = connection.peerHost;
    this.isUnix = connection.isUnix;
    this.isLoopback = connection.isLoopback;
  }

  /** Nobody listens any more. */
  untap(): void {
    this.tap = undefined;
  }

  receive(chunk: Buffer, start: number, end: number): void {
    this.tap?.received(chunk, start, end);
    this.receiver?.receive(chunk, start, end);
  }

  inputEnded(): void {
    this.endedBy ??= 'peer';
    this.receiver?.inputEnded();
  }

  disconnected(): void {
    this.tap?.closed(this.endedBy ?? 'peer');
    this.receiver?.disconnected();
  }

  write(latin1: string): void {
    this.tap?.sent(Buffer.from(latin1, 'latin1'));
    this.connection.write(latin1);
  }

  writeBuffer(bytes: Buffer): void {
    this.tap?.sent(bytes);
    this.connection.writeBuffer(bytes);
  }

  writeTransient(bytes: Buffer): boolean {
    this.tap?.sent(bytes);
    return this.connection.writeTransient(bytes);
  }

  get input(): InputRoom | undefined {
    return this.connection.input;
  }

  get queuedBytes(): number {
    return this.connection.queuedBytes;
  }

  onDrained(callback: () => void): void {
    this.connection.onDrained(callback);
  }

  pauseReading(): void {
    this.connection.pauseReading();
  }

  resumeReading(): void {
    this.connection.resumeReading();
  }

  end(): void {
    this.endedBy ??= 'us';
    this.connection.end();
  }

  destroy(): void {
    this.endedBy ??= 'us';
    this.connection.destroy();
  }
}
