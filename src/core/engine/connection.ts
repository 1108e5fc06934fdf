/**
 * Connection: the port between a session and the wire. net/connection implements it over a socket; tests and the
 * simulation implement it in memory. The session reads nothing from it: bytes are pushed into `Session.receive`.
 */
/** What a connection reads into. */
export interface InputRoom {
  /** Bytes of memory that are its own. */
  readonly bytes: number;
  /** Gives up what is not used; to be called now and then. `silentMs`: for so long the peer has sent nothing. */
  trim(silentMs: number): void;
}

export interface Connection {
  /** `ip:port` of the other end; `path:0` for a unix socket. */
  readonly peerAddress: string;
  readonly localAddress: string;
  /** The ip of the other end, empty for a unix socket. */
  readonly peerHost: string;
  readonly isUnix: boolean;
  readonly isLoopback: boolean;
  /** Absent: its input takes no memory that is its own. */
  readonly input?: InputRoom | undefined;
  /** Hands bytes to the operating system, or to the queue behind it. */
  write(latin1: string): void;
  /** The bytes must never change again. */
  writeBuffer(bytes: Buffer): void;
  /** As `writeBuffer`, for bytes in memory that is used again. @returns whether it may be; false: never */
  writeTransient(bytes: Buffer): boolean;
  /** Bytes handed over and not yet taken by the operating system. */
  readonly queuedBytes: number;
  /** Calls back once when `queuedBytes` has fallen to 0. */
  onDrained(callback: () => void): void;
  pauseReading(): void;
  resumeReading(): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}
