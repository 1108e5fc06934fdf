/**
 * A TCP proxy between two servers that can be held up and cut: bytes pass unchanged, `pause` stops them in both directions without
 * closing anything (a dead network), `cut` resets every connection and refuses new ones until `restore`.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Connections that were accepted so far. */
  readonly accepted: number;
  /** Connections that stand now. */
  readonly open: number;
  /** Resets every connection; those that come are refused until `restore`. */
  cut(): void;
  restore(): void;
  /** Nothing passes until `resume`; nothing is lost. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** Starts a proxy on a free loopback port in front of `127.0.0.1:targetPort`. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const state = { accepted: 0, down: false, paused: false };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    near.on('error', () => undefined);
    if (state.down) {
      near.resetAndDestroy();
      return;
    }
    state.accepted++;
    const far = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    const pair = [near, far] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      from.setNoDelay(true);
      from.on('error', end);
      from.on('close', end);
      from.on('end', () => to.end());
      from.on('data', (chunk) => {
        if (to.write(chunk)) return;
        from.pause();
        to.once('drain', () => void (state.paused || from.resume()));
      });
    }
    if (state.paused) for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    state.down = true;
    for (const pair of [...pairs]) for (const socket of pair) socket.resetAndDestroy();
    pairs.clear();
  };
  const each = (act: (socket: Socket) => void) => {
    for (const pair of pairs) for (const socket of pair) act(socket);
  };
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return state.accepted;
    },
    get open() {
      return pairs.size;
    },
    cut,
    restore: () => void (state.down = false),
    pause: () => {
      state.paused = true;
      each((socket) => socket.pause());
    },
    resume: () => {
      state.paused = false;
      each((socket) => socket.resume());
    },
    stop: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
