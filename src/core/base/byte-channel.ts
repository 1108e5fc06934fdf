/**
 * ByteChannel: the port through which replication talks to a peer. TCP, TLS, unix sockets (`net/client-connection`), the
 * scripted masters of the tests and the simulation's network are adapters of it.
 *
 * A `Dial` starts a connection attempt and answers through `ChannelEvents`: either `onFail`, or `onOpen` followed by any
 * number of `onData` and exactly one `onClose`. Nothing is called before `Dial` has returned, nothing after `onFail` or `onClose`.
 */
import { type Bytes } from './bytes.js';

/** One end of a connection as text: `address` is `host:port`, `[v6]:port` or a socket path. */
export interface Endpoint {
  readonly address: string;
  readonly host: string;
  /** 0 for a unix socket. */
  readonly port: number;
}

/** An address of the target's name that was tried before and did not answer. */
export interface FailedAddress {
  readonly address: string;
  /** `ECONNREFUSED`, `TIMEOUT`, …: never empty. */
  readonly code: string;
}

/** Why a connection attempt or a connection ended with an error. */
export interface ChannelError {
  /** `ECONNREFUSED`, `ECONNRESET`, `ERR_SSL_WRONG_VERSION_NUMBER`, `TIMEOUT`, …: never empty. */
  readonly code: string;
  readonly message: string;
  /** Which part failed: reaching the port, or the TLS handshake on it. */
  readonly layer: 'connect' | 'tls' | 'stream';
  /** Of a name with several addresses: those that were tried. */
  readonly tried?: readonly FailedAddress[];
}

export interface ChannelClose {
  /** Who ended it first. `peer`: an orderly end (FIN); `error`: see `error`; `us`: `close()` was called. */
  readonly by: 'peer' | 'us' | 'error';
  readonly error?: ChannelError;
}

export interface ByteChannel {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Addresses of the target's name that were tried before this one and did not answer. */
  readonly tried?: readonly FailedAddress[];
  /** Queues bytes for sending; ignored when the channel is closed. */
  write(bytes: Bytes): void;
  /** As `write`, for many bytes: `bytes` is not copied and must not change any more. */
  writeBuffer(bytes: Buffer): void;
  /** Bytes that were written and that this machine has not taken for sending yet. */
  readonly unsentBytes: number;
  /** Stops and starts reading from the peer: back-pressure. A paused channel does not call `onData`. */
  pause(): void;
  resume(): void;
  /** Ends the connection; `onClose` follows with `by: 'us'`. Harmless when closed. */
  close(): void;
}

export interface ChannelEvents {
  onOpen(channel: ByteChannel): void;
  onFail(error: ChannelError): void;
  /** `chunk` is only valid during the call: the reader copies what it keeps. `atUs` is when the wire tap saw it. */
  onData(chunk: Buffer, atUs: number): void;
  onClose(close: ChannelClose): void;
}

export interface DialOptions {
  /** Bind our end to this port (0 or absent: any). */
  readonly localPort?: number;
  /** How long the attempt may take, TLS included. */
  readonly timeoutMs?: number;
  /** Overrides the target's own choice of TLS: for probing a port the other way. */
  readonly tls?: boolean;
}

/** Starts one connection attempt. The returned function abandons it (no event follows). */
export type Dial = (events: ChannelEvents, options?: DialOptions) => () => void;
