/** What a rule is: it looks at the report's draft and yields findings without their id. And the words that rules share. */
import { hostPort } from '../../net/target.js';
import { type Draft, type Finding, type ReplicaReport, type Thresholds } from '../model.js';
import { configMegabytes, formatSeconds, MEGABYTE } from '../units.js';

export type Detail = Omit<Finding, 'id'>;
export type Rule = (draft: Draft, thresholds: Thresholds) => Iterable<Detail>;

/** Times and shares at which the rules speak, where the user drew no line. */
export const LIMITS = {
  /** An ACK comes each second; `lag` is in whole seconds. */
  ackAgeSeconds: 3,
  /** Allowed beyond the age of the last ACK, before a replica counts as lagging. */
  lagSeconds: 5,
  /** Pings and little else: such a rate is no measure of what is behind, nor of what a backlog will cover. */
  idleBytesPerSecond: 256,
  /** Less than this is no lag, whatever the rate. */
  lagFloorBytes: 64 * 1024,
  /** A backlog that covers less at the present rate will not outlast a restart of the network. */
  coverWarnSeconds: 10,
  /** What a raised backlog should cover; also repl-timeout's default, after which a silent link is given up. */
  coverGoalSeconds: 60,
  outputWarnShare: 0.5,
  outputCriticalShare: 0.9,
  /** Until an output buffer that grows reaches its limit. */
  outputWarnSeconds: 60,
  outputCriticalSeconds: 10,
  /** How long a raised limit should hold. */
  outputRoomSeconds: 120,
  /** repl-timeout should be at least so many ping periods. */
  pingsPerTimeout: 3,
  defaultTimeoutSeconds: 60,
  defaultPingPeriodSeconds: 10,
  transferSilentSeconds: 10,
  failedAttempts: 3,
  /** A number of keys that differs by less is expiry and chance. */
  keysShare: 0.01,
  keysFloor: 100,
  fullSyncs: 5,
  secondsPerFullSync: 600,
  slowForkUs: 500_000,
  clientsWarnShare: 0.9,
  clientsCriticalShare: 0.98,
  memoryWarnShare: 0.95,
  replicationMemoryShare: 0.25,
} as const;

/** `replica 1 (10.0.0.7:6380)` */
export function nameOf(replica: ReplicaReport): string {
  return `replica ${replica.index} (${address(replica.announced.ip, replica.announced.port)})`;
}

export function address(host: string, port: number | undefined): string {
  return port === undefined ? host : hostPort(host, port);
}

export function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** The advice to raise the backlog to `bytes` or more: in powers of two, so that it stays the same from look to look. */
export function raiseBacklog(bytes: number, perSecond: number): Pick<Detail, 'advice' | 'commands'> {
  const megabytes = 2 ** Math.ceil(Math.log2(Math.max(1, bytes / MEGABYTE)));
  const cover =
    perSecond >= LIMITS.idleBytesPerSecond
      ? ` for ${formatSeconds(Math.floor((megabytes * MEGABYTE) / perSecond))} of cover`
      : '';
  return {
    advice: `Raise repl-backlog-size to at least ${megabytes >= 1024 ? `${megabytes / 1024} GB` : `${megabytes} MB`}${cover}:`,
    commands: [`CONFIG SET repl-backlog-size ${megabytes}mb`],
  };
}

/** CONFIG SET of the output buffer limit of replicas. */
export function outputLimitCommand(hardBytes: number, softBytes: number, softSeconds: number): string {
  const [hard, soft] = [configMegabytes(hardBytes), configMegabytes(softBytes)];
  return `CONFIG SET client-output-buffer-limit "replica ${hard} ${soft} ${softSeconds || 60}"`;
}
