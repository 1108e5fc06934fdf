/**
 * The one file that touches Node's internals. It takes accepted connections at the handle, reads all of them through one
 * shared buffer, and writes latin1 strings straight to the handle: Node's streams cost a 64 KB allocation per read and
 * several function layers per write (figures in docs/decisions.md).
 *
 * Every internal is looked for before it is used; where one is missing the caller takes the plain way (net/connection.ts).
 */
import { type Server, Socket } from 'node:net';

/** libuv's stream handle, as far as it is used here. */
export interface StreamHandle {
  /** @returns 0, or a negative errno */
  writeLatin1String(req: WriteRequest, data: string): number;
  writeBuffer(req: WriteRequest, data: Uint8Array): number;
  /** Bytes that the kernel has not taken yet. */
  readonly writeQueueSize: number;
  readStart(): number;
  readStop(): number;
}

export interface WriteRequest {
  handle: StreamHandle;
  /** Called when a write that did not finish at once is over; negative: errno. */
  oncomplete: (status: number) => void;
  async: boolean;
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
  } catch {
    return undefined;
  }
  return captured;
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

/** A Socket around an accepted handle that reads into `buffer` and calls `onRead` with the bytes read. */
export function wrapHandle(handle: StreamHandle, buffer: Buffer, onRead: (bytes: number) => void): Socket {
  return new Socket({
    handle,
    allowHalfOpen: false,
    onread: {
      buffer,
      callback: (bytes: number) => {
        onRead(bytes);
        return true;
      },
    },
  } as object);
}
