/**
 * A transparent proxy: each connection that is accepted is joined to one of its own to the target. Bytes pass unchanged and at
 * once, in both directions, ends and resets too; a side that does not take them stops the other from sending. Whoever listens
 * in (`LinkTap`) is told after the bytes have been passed on.
 *
 * Used by `handshake --between`. Toward the target it can speak TLS; what is accepted is plain TCP.
 */
import net from 'node:net';
import tls from 'node:tls';
import { type ChannelError } from '../base/byte-channel.js';
import { type Clock } from '../base/clock.js';
import { hostPort, type Target, type TlsOptions } from './target.js';

/** Listens in on one pair of connections. Chunks may be kept: nobody writes to them again. */
export interface LinkTap {
  /** The target has accepted. `local` is our end there, which the target takes for the client's. */
  connected(local: string, localPort: number, remote: string): void;
  unreachable(error: ChannelError): void;
  fromClient(chunk: Buffer): void;
  fromTarget(chunk: Buffer): void;
  /** Once, after `connected`. */
  closed(by: 'client' | 'target', error?: ChannelError): void;
}

export interface ProxySetup {
  readonly listen: { readonly host: string; readonly port: number };
  readonly target: Target;
  readonly tls?: TlsOptions;
  readonly clock: Clock;
  /** To reach the target. */
  readonly timeoutMs: number;
  /** A connection was accepted from this address. */
  readonly accept: (client: string) => LinkTap;
}

export interface Proxy {
  /** Where it listens. */
  readonly address: string;
  readonly port: number;
  /** Closes every connection and listens no more. */
  close(): Promise<void>;
}

/** Starts a proxy. Rejects when it cannot listen there. */
export async function startProxy(setup: ProxySetup): Promise<Proxy> {
  const pairs = new Set<Pair>();
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    const pair = new Pair(setup, client, () => pairs.delete(pair));
    pairs.add(pair);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(setup.listen.port, setup.listen.host, resolve);
  });
  const { address, port } = server.address() as net.AddressInfo;
  return {
    address: hostPort(address, port),
    port,
    close: () => {
      for (const pair of [...pairs]) pair.end();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A client and its connection to the target. */
class Pair {
  private readonly far: net.Socket;
  private readonly tap: LinkTap;
  private readonly timer;
  private open = false;
  private over = false;

  constructor(
    private readonly setup: ProxySetup,
    private readonly near: net.Socket,
    private readonly gone: () => void,
  ) {
    this.tap = setup.accept(hostPort(plain(near.remoteAddress), near.remotePort ?? 0));
    this.far = this.dial();
    this.timer = setup.clock.after(setup.timeoutMs, () => this.far.destroy(timedOut(setup.timeoutMs)), true);
    this.near.setNoDelay(true);
    this.far.setNoDelay(true);
    this.far.once(this.far instanceof tls.TLSSocket ? 'secureConnect' : 'connect', () => this.connected());
    this.join(near, this.far, 'client', (chunk) => this.tap.fromClient(chunk));
    this.join(this.far, near, 'target', (chunk) => this.tap.fromTarget(chunk));
  }

  /** Ends it from our side. */
  end(): void {
    this.finish('client');
    this.near.destroy();
    this.far.destroy();
  }

  private dial(): net.Socket {
    const { target, tls: options = {} } = this.setup;
    if (target.kind === 'unix') return net.connect({ path: target.path, allowHalfOpen: true });
    const { host, port } = target;
    if (!target.tls) return net.connect({ host, port, allowHalfOpen: true });
    const { ca, cert, key, sni, insecure } = options;
    const servername = sni ?? (net.isIP(host) ? '' : host);
    return tls.connect({ host, port, ca, cert, key, servername, rejectUnauthorized: insecure !== true });
  }

  private connected(): void {
    this.timer.cancel();
    this.open = true;
    const { localAddress, localPort = 0, remoteAddress, remotePort = 0 } = this.far;
    if (localAddress === undefined) this.tap.connected('unix socket', 0, 'unix socket');
    else {
      const remote = hostPort(plain(remoteAddress), remotePort);
      this.tap.connected(hostPort(plain(localAddress), localPort), localPort, remote);
    }
    this.near.resume();
  }

  private join(
    from: net.Socket,
    to: net.Socket,
    who: 'client' | 'target',
    tell: (chunk: Buffer) => void,
  ): void {
    from.on('data', (chunk: Buffer) => {
      if (to.writable && !to.write(chunk)) from.pause();
      tell(chunk);
    });
    to.on('drain', () => void (this.open && from.resume()));
    from.on('end', () => {
      this.finish(who);
      to.end();
    });
    from.on('error', (error: NodeJS.ErrnoException) => this.failed(who, error, to));
    from.on('close', () => {
      this.finish(who);
      to.destroySoon();
    });
  }

  /** A reset of one side is a reset of the other. */
  private failed(who: 'client' | 'target', error: NodeJS.ErrnoException, to: net.Socket): void {
    const layer = this.open
      ? 'stream'
      : this.far instanceof tls.TLSSocket && error.code?.startsWith('ERR_')
        ? 'tls'
        : 'connect';
    this.finish(who, { code: error.code ?? error.name, message: error.message || error.name, layer });
    if (error.code === 'ECONNRESET' && !(to instanceof tls.TLSSocket)) to.resetAndDestroy();
    else to.destroy();
  }

  private finish(who: 'client' | 'target', error?: ChannelError): void {
    if (this.over) return;
    this.over = true;
    this.timer.cancel();
    this.gone();
    if (this.open) this.tap.closed(who, error);
    else if (who === 'target') {
      this.tap.unreachable(
        error ?? { code: 'CLOSED', message: 'the peer closed the connection', layer: 'connect' },
      );
    }
  }
}

function timedOut(ms: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`the connection attempt was not answered in ${ms} ms`), { code: 'TIMEOUT' });
}

/** A dual-stack socket shows an IPv4 peer as ::ffff:1.2.3.4. */
function plain(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}
