/**
 * Target: where a client connects to, and as whom. Plain data, made by the command line (cli/target) or by the library's
 * options, used by the client connection. `targetName` is the only form that may be shown: it never holds a password.
 */

interface Login {
  /** ACL user; the default user when absent. */
  readonly user?: string;
  readonly pass?: string;
  /** Database to select; 0 when absent. */
  readonly db?: number;
}

export interface TcpTarget extends Login {
  readonly kind: 'tcp';
  /** A name or a literal address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export interface UnixTarget extends Login {
  readonly kind: 'unix';
  readonly path: string;
}

export type Target = TcpTarget | UnixTarget;

/** PEM files (already read) and names for a TLS connection. */
export interface TlsOptions {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** Server name to ask for (SNI); the host when absent. */
  readonly sni?: string;
  /** Accept a certificate that does not verify. */
  readonly insecure?: boolean;
}

/** `host:port` as people write it: IPv6 in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The target for a person to read: the address, never the login. */
export function targetName(target: Target): string {
  return target.kind === 'unix' ? `unix://${target.path}` : hostPort(target.host, target.port);
}
