/** What every mode of `inspect` starts from: the target, how to reach it and whom it names, and the lines that the user drew. */
import { SystemClock } from '../../core/base/clock-system.js';
import { type Dial } from '../../core/base/byte-channel.js';
import { type CollectOptions, type Reach } from '../../core/inspect/collect.js';
import { type FindingId } from '../../core/inspect/findings/catalogue.js';
import { type Thresholds } from '../../core/inspect/model.js';
import { type FoundMaster } from '../../core/inspect/watch.js';
import { askSentinel } from '../../core/inspect/sentinel.js';
import { connectTo } from '../../core/net/client-connection.js';
import { hostPort } from '../../core/net/target.js';
import { resolveConnection, type ConnectionFlags } from '../connection-flags.js';
import { targetName } from '../target.js';

export interface InspectFlags extends ConnectionFlags {
  readonly sentinel?: string;
  readonly 'share-login'?: boolean;
  readonly 'max-lag-bytes'?: number;
  readonly 'max-ack-age'?: number;
  readonly 'expect-replicas'?: number;
  readonly accept?: readonly FindingId[];
}

export interface Setup {
  readonly clock: SystemClock;
  readonly dial: Dial;
  /** For `collect`; its interval is 0 until a mode sets one. */
  readonly options: CollectOptions;
  readonly thresholds: Thresholds;
  /** How to reach an address that a server names. */
  readonly reach: (host: string, port: number) => Reach;
  /** With --sentinel: asks again whom it names. Rejects with InspectError. */
  readonly findMaster?: () => Promise<FoundMaster>;
}

/** Where a Sentinel listens when nothing is said. */
const SENTINEL_TARGET = '127.0.0.1:26379';

/** Reads the flags; asks the Sentinel first when one is named. Throws UsageError, rejects with InspectError. */
export async function setUp(address: string | undefined, flags: InspectFlags): Promise<Setup> {
  const asked = address ?? (flags.sentinel === undefined ? undefined : SENTINEL_TARGET);
  const { target, tls, timeoutMs } = resolveConnection(asked, flags);
  const clock = new SystemClock();
  const reach = (host: string, port: number): Reach => ({
    dial: connectTo({ kind: 'tcp', host, port, tls: tls !== undefined }, { clock, tls, timeoutMs }),
    name: hostPort(host, port),
  });
  const options: CollectOptions = {
    clock,
    name: targetName(target),
    login: target,
    timeoutMs,
    intervalMs: 0,
    dialMaster: reach,
    shareLogin: flags['share-login'],
  };
  const thresholds = {
    maxLagBytes: flags['max-lag-bytes'],
    maxAckAgeSeconds: flags['max-ack-age'],
    expectReplicas: flags['expect-replicas'],
    accept: flags.accept,
  };
  const dial = connectTo(target, { clock, tls, timeoutMs });
  if (flags.sentinel === undefined) return { clock, dial, options, thresholds, reach };
  const { sentinel: name } = flags;
  const findMaster = async () => {
    const sentinel = await askSentinel(dial, name, options);
    return { ...reach(sentinel.master.host, sentinel.master.port), sentinel };
  };
  const master = await findMaster();
  const at = { ...options, name: master.name, sentinel: master.sentinel };
  return { clock, dial: master.dial, options: at, thresholds, reach, findMaster };
}

/** One JSON document on stdout. */
export function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
