/**
 * The one file that touches Node's internals. It takes accepted connections at the handle, reads all of them through
 * buffers of ours, and writes latin1 strings straight to the handle: Node's streams cost a 64 KB allocation per read and
 * several function layers per write (figures in docs/decisions.md).
 *
 * Every internal is looked for before it is used; where one is missing the caller takes the plain way (net/connection.ts).
 */
import { connect, isIPv6, type Server, Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';

/** libuv's stream handle, as far as it is used here. */
export interface StreamHandle {
  /** @returns 0, or a negative errno */
  writeLatin1String(req: WriteRequest, data: string): number;
  writeBuffer(req: WriteRequest, data: Uint8Array): number;
  /** Bytes that the kernel has not taken yet. */
  readonly writeQueueSize: number;
  readStart(): number;
  readStop(): number;
  /** Reads go into `buffer` from now on; absent where this Node cannot do it. */
  useUserBuffer?(buffer: Uint8Array): void;
}

export interface WriteRequest {
  handle: StreamHandle;
  /** Called when a write that did not finish at once is over; negative: errno. */
  oncomplete: (status: number) => void;
  async: boolean;
  /** What is being written: the native side does not keep it alive. */
  buffer?: Uint8Array | undefined;
  /** -1 while no unfinished write is attached to this request. */
  getAsyncId(): number;
}

type WriteRequestClass = new () => WriteRequest;

let writeRequestClass: WriteRequestClass | undefined | 'absent';

/** Node's WriteWrap, found by letting a socket write to a handle of ours; undefined when this Node does it otherwise. */
export function findWriteRequest(): WriteRequestClass | undefined {
  if (writeRequestClass === undefined) writeRequestClass = captureWriteRequest() ?? 'absent';
  return writeRequestClass === 'absent' ? undefined : writeRequestClass;
}

function captureWriteRequest(): WriteRequestClass | undefined {
  let captured: WriteRequestClass | undefined;
  const handle = {
    writeLatin1String: (req: object) => {
      captured = req.constructor as WriteRequestClass;
      return 0;
    },
    readStart: () => 0,
    readStop: () => 0,
    close: (done?: () => void) => done?.(),
    getAsyncId: () => 0,
  };
  try {
    const socket = new Socket({ handle, readable: false, writable: true, manualStart: true } as object);
    socket.on('error', () => undefined);
    socket.write('x', 'latin1');
    socket.destroy();
    // Whether a write is over is read from this.
    return captured !== undefined && new captured().getAsyncId() === -1 ? captured : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `handle` can be written to directly. */
export function isFastHandle(handle: unknown): handle is StreamHandle {
  const candidate = handle as Partial<StreamHandle> | undefined;
  return (
    typeof candidate?.writeLatin1String === 'function' &&
    typeof candidate.writeBuffer === 'function' &&
    typeof candidate.writeQueueSize === 'number' &&
    findWriteRequest() !== undefined
  );
}

/** Where Node's native side leaves what the last read or write of a stream came to. */
export interface StreamState {
  readonly values: Int32Array;
  /** Index of the bytes of the last read, or its negative errno. */
  readonly readBytes: number;
  /** Index of whether the last write goes on after its call. */
  readonly writeGoesOn: number;
}

/** Undefined where this Node keeps it elsewhere: then requests are asked, and reads come through Node's streams. */
export const streamState = findStreamState();

function findStreamState(): StreamState | undefined {
  try {
    const bindings = process as unknown as { binding(name: string): Record<string, unknown> };
    const native = bindings.binding('stream_wrap');
    const { streamBaseState: values, kReadBytesOrError: readBytes, kLastWriteWasAsync: writeGoesOn } = native;
    const fits =
      values instanceof Int32Array &&
      [readBytes, writeGoesOn].every((index) => typeof index === 'number' && index < values.length);
    return fits ? { values, readBytes: readBytes as number, writeGoesOn: writeGoesOn as number } : undefined;
  } catch {
    return undefined;
  }
}

/** Tells of a write that was just handed to the native side whether it goes on: then `oncomplete` is called. */
export function writeWatcher(state: StreamState | undefined): (request: WriteRequest) => boolean {
  if (state === undefined) return (request) => request.getAsyncId() !== -1;
  const { values, writeGoesOn } = state;
  return () => values[writeGoesOn] !== 0;
}

interface ListeningHandle {
  onconnection: (this: unknown, status: number, client: unknown) => void;
}

/**
 * Takes the accepted handles of a listening server before Node wraps them.
 * @returns false when this Node offers no way to; the server then works as usual
 */
export function interceptAccept(server: Server, accept: (handle: StreamHandle) => void): boolean {
  const listening = (server as unknown as { _handle?: Partial<ListeningHandle> | null })._handle;
  const original = listening?.onconnection;
  if (!listening || typeof original !== 'function' || findWriteRequest() === undefined) return false;
  listening.onconnection = function (status, client) {
    if (status !== 0 || !isFastHandle(client)) original.call(this, status, client);
    else accept(client);
  };
  return true;
}

/** Where the bytes of a connection are read to. */
export interface ReadTarget {
  /** What the next read goes into. */
  readonly buffer: Buffer;
  /** `buffer[0, bytes)` was read. @returns the `buffer` that follows; undefined: the same */
  read(bytes: number): Buffer | undefined;
}

/** A Socket around an accepted handle whose input goes to `target`. */
export function wrapHandle(handle: StreamHandle, target: ReadTarget): Socket {
  const socket = new Socket({
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: () => target.buffer,
      callback: (bytes: number) => {
        target.read(bytes);
        return true;
      },
    },
  } as object);
  readDirectly(handle as Partial<ReadingHandle>, target);
  return socket;
}

interface ReadingHandle {
  /** @returns the buffer for the next read; undefined: the same */
  onread: (this: unknown, arrayBuffer: unknown) => unknown;
}

/** Takes the bytes of a read before Node's streams do; the end of the input and errors stay theirs. */
function readDirectly(handle: Partial<ReadingHandle>, target: ReadTarget): void {
  const original = handle.onread;
  if (streamState === undefined || typeof original !== 'function') return;
  const { values, readBytes } = streamState;
  handle.onread = function (arrayBuffer) {
    const bytes = values[readBytes];
    return bytes > 0 ? target.read(bytes) : original.call(this, arrayBuffer);
  };
}

/** A TCP handle before it listens; the calls answer 0 or a negative errno. */
export interface TcpHandle {
  bind(address: string, port: number): number;
  bind6(address: string, port: number, flags: number): number;
  listen(backlog: number): number;
  close(): void;
}

/** What libuv and Node call a TCP handle for listening, and an IPv6 socket that takes no IPv4. */
const TCP_SERVER = 1;
const IPV6_ONLY = 1;

/**
 * Takes an address at once, so that CONFIG SET can answer whether it went well; Node's own `listen` says so a turn later.
 * @returns the listening handle, the code of the error (`EADDRINUSE`), or undefined when this Node offers no way to
 */
export function takeAddress(ip: string, port: number, backlog: number): TcpHandle | string | undefined {
  const Tcp = captureTcp();
  if (Tcp === undefined) return undefined;
  const handle = new Tcp(TCP_SERVER);
  const bound = isIPv6(ip) ? handle.bind6(ip, port, IPV6_ONLY) : handle.bind(ip, port);
  const error = bound !== 0 ? bound : handle.listen(backlog);
  if (error === 0) return handle;
  handle.close();
  return getSystemErrorName(error);
}

type TcpClass = new (type: number) => TcpHandle;

/** Node's TCP handle, seen in a socket that is given up before it connects. */
function captureTcp(): TcpClass | undefined {
  const socket = connect({ host: '127.0.0.1', port: 1 });
  socket.on('error', () => undefined);
  const handle = (socket as unknown as { _handle?: Partial<TcpHandle> | null })._handle;
  const fits =
    typeof handle?.bind === 'function' &&
    typeof handle.bind6 === 'function' &&
    typeof handle.listen === 'function';
  socket.destroy();
  return fits ? (handle.constructor as TcpClass) : undefined;
}
