/**
 * Listening: the addresses of `bind` and `port`, taken at the start and taken anew when CONFIG SET changes them.
 *
 *   start  ── each address in turn; an optional one (`-::*`) may be missing ──►  StartError | listening
 *   change ── old addresses given up ── new ones taken at once ──►  listening | Veto, and the registry comes back with the old ones
 *
 * Connections that are there stay, whatever happens to the address that they came in by (redis 7.2.6 server.c:changeListener).
 */
import { type Listener } from './net/tcp-server.js';
import { Veto, type Config } from './services/config/config.js';
import { type Log } from './services/log.js';
import { StartError } from './start-error.js';

export const BIND_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EACCES: 'Permission denied',
  EINVAL: 'Invalid argument',
};

/** Why an address marked with `-` may be missing: the machine has no such protocol or address. */
const NOT_THERE = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'];

export interface ListeningParts {
  readonly listener: Listener;
  readonly config: Config;
  readonly log: Log;
  /** Port 0 means any free port. */
  readonly anyPort: boolean;
  /** The port has changed; 0: there is none. */
  portChanged(port: number): void;
}

interface Address {
  readonly host: string;
  readonly optional: boolean;
}

export class Listening {
  /** The TCP port, 0 when there is none. */
  port = 0;
  /** What is listened on, to tell whether a change concerns it; empty after a failure. */
  private current = '';
  /** The last addresses that could all be taken: the directive `port`, and the port behind it. */
  private good = { directive: 0, port: 0 };

  constructor(private readonly parts: ListeningParts) {
    const { config } = parts;
    config.onChange('port', () => this.change('Unable to listen on this port. Check server logs.'));
    config.onChange('bind', () => this.change('Failed to bind to specified addresses.'));
  }

  private get addresses(): Address[] {
    return this.parts.config.values.bind.map((address) => {
      const optional = address.startsWith('-');
      return { host: bindHost(optional ? address.slice(1) : address), optional };
    });
  }

  /** Takes all addresses. Rejects with StartError. */
  async start(): Promise<void> {
    const { config, listener, anyPort } = this.parts;
    let { port } = config.values;
    this.current = this.wanted(port);
    if (port === 0 && !anyPort) return;
    let listening = 0;
    for (const { host, optional } of this.addresses) {
      try {
        port = await listener.listen(host, port);
        this.setPort(port);
        listening++;
      } catch (error) {
        const { code = '' } = error as { code?: string };
        if (!optional || !NOT_THERE.includes(code)) throw new StartError(couldNot(host, port, code));
      }
    }
    if (listening === 0 && config.values.bind.length > 0)
      throw new StartError('Configured to not listen anywhere, exiting.');
    // Without an address the port is not taken, but it is the one to take when addresses come.
    this.good = { directive: config.values.port, port };
  }

  /** Exchanges the addresses for those of the configuration. Throws Veto with `refusal`. */
  private change(refusal: string): void {
    const { listener, config, log } = this.parts;
    const directive = config.values.port;
    const wanted = this.wanted(directive);
    if (wanted === this.current) return;
    // A port that the system chose is kept when only the addresses change, and taken again after a failure.
    const port = directive === this.good.directive ? this.good.port : directive;
    listener.stopListening();
    this.setPort(0);
    this.current = '';
    if (port !== 0) {
      for (const { host, optional } of this.addresses) {
        const code = listener.listenNow(host, port);
        if (code === undefined || (optional && NOT_THERE.includes(code))) continue;
        log.warning(couldNot(host, port, code));
        listener.stopListening();
        throw new Veto(refusal);
      }
    }
    this.setPort(port);
    this.current = wanted;
    this.good = { directive, port };
  }

  private setPort(port: number): void {
    this.port = port;
    this.parts.portChanged(port);
  }

  private wanted(port: number): string {
    return `${port} ${this.parts.config.values.bind.join(' ')}`;
  }
}

function couldNot(host: string, port: number, code: string): string {
  return `Could not create server TCP listening socket ${host}:${port}: bind: ${BIND_REASONS[code] ?? code}`;
}

/** redis.conf says `*` for every IPv4 address and `::*` for every IPv6 one. */
function bindHost(address: string): string {
  if (address === '*') return '0.0.0.0';
  return address === '::*' ? '::' : address;
}
