/** What the modes of `handshake` share: what they are given, and the flags as the core wants them. */
import type { Interfaces } from '@oclif/core';
import { fromText } from '../../core/base/bytes.js';
import { SystemClock } from '../../core/base/clock-system.js';
import { SystemRandom } from '../../core/base/random-system.js';
import { type Aim } from '../../core/diagnosis/before-psync.js';
import { type ExamineSetup } from '../../core/diagnosis/examine.js';
import type { RedactOptions } from '../../core/diagnosis/tape/redact.js';
import { connectTo } from '../../core/net/client-connection.js';
import type { connectionFlags, outputFlags, Connection } from '../connection-flags.js';
import { EXIT } from '../exit-codes.js';
import type { handshakeFlags } from '../handshake-flags.js';
import { targetName } from '../target.js';
import { type Terminal } from '../terminal.js';

export type HandshakeFlags = Interfaces.InferredFlags<
  typeof handshakeFlags & typeof connectionFlags & typeof outputFlags
>;

/** One run of the command. */
export interface Job {
  readonly flags: HandshakeFlags;
  readonly connection: Connection;
  readonly terminal: Terminal;
  /** On Ctrl-C: runs `cleanup`, then the process exits with 130. Returns a function that takes the handler away. */
  readonly onInterrupt: (cleanup: () => void | Promise<void>) => () => void;
}

/** A mode: runs to its end and answers with the exit code; undefined when it was interrupted. */
export type Mode = (job: Job) => Promise<number | undefined>;

/** How a verdict is told to the shell. */
export const EXIT_OF = {
  passed: EXIT.ok,
  failed: EXIT.failed,
  unreachable: EXIT.unreachable,
  stopped: EXIT.interrupted,
} as const;

/** Silence after PSYNC and within the snapshot that ends the wait; a real master sends a keepalive each second. */
const IDLE_MS = 15_000;

type Common = Pick<
  ExamineSetup,
  'clock' | 'random' | 'dial' | 'dialHost' | 'target' | 'tls' | 'user' | 'pass' | 'timeoutMs' | 'idleMs'
>;

/** How to reach the server and how long to wait, for every mode. */
export function commonSetup({ target, tls, timeoutMs }: Connection): Common {
  const clock = new SystemClock();
  return {
    ...{ clock, timeoutMs, random: new SystemRandom() },
    dial: connectTo(target, { clock, tls: tls ?? { insecure: true }, timeoutMs }),
    dialHost: (host, port) =>
      connectTo({ ...target, kind: 'tcp', host, port, tls: tls !== undefined }, { clock, tls, timeoutMs }),
    target: targetName(target),
    tls: tls !== undefined,
    ...{ user: target.user, pass: target.pass },
    idleMs: Math.max(IDLE_MS, timeoutMs),
  };
}

/** The capabilities to announce. */
export function capaOf({ capa }: Pick<HandshakeFlags, 'capa'>): readonly string[] {
  return capa.filter((name) => name !== 'none');
}

/** What is to be masked; undefined when nothing is. */
export function redactionOf(
  flags: Pick<HandshakeFlags, 'redact' | 'redact-addresses'>,
): RedactOptions | undefined {
  const addresses = flags['redact-addresses'];
  return flags.redact || addresses ? { addresses } : undefined;
}

interface AimFlags {
  readonly 'no-psync'?: boolean;
  readonly probe?: boolean;
  readonly replid?: string;
  readonly offset?: number;
}

/** What PSYNC will ask for. */
export function aimOf(flags: AimFlags): Aim {
  if (flags['no-psync']) return 'none';
  if (flags.probe) return 'probe';
  if (flags.replid !== undefined && flags.offset !== undefined) {
    return { replid: fromText(flags.replid), offset: flags.offset };
  }
  return 'full';
}

/** An event as `--json` prints it. */
export function jsonLine(event: object): string {
  return `${JSON.stringify(event)}\n`;
}
