/**
 * The report as data: what `report` concludes, what the findings' rules read, what the renderers print, and the JSON of
 * `inspect --json` (docs/inspect.schema.json). A field that could not be found out is absent, never null.
 */
import { type ReplicaClient } from './client-list.js';
import { type ClusterFacts } from './cluster.js';
import {
  type MasterLogin,
  type MasterTrouble,
  type Missing,
  type RefusedLogin,
  type Upstream,
} from './facts.js';
import { type FindingId } from './findings/catalogue.js';
import { type SentinelFacts } from './sentinel.js';
import { type Settings } from './settings.js';

export type Severity = 'info' | 'warning' | 'critical';

export interface Finding {
  readonly id: FindingId;
  readonly severity: Severity;
  /** The N of `slaveN`, when it is about one replica. */
  readonly replica?: number;
  /** What is seen, with figures. */
  readonly text: string;
  /** Of what was seen while watching: when it began, ISO 8601. */
  readonly since?: string;
  /** What to do. */
  readonly advice?: string;
  /** Commands that do it, ready to paste. */
  readonly commands?: readonly string[];
}

/** Lines that the user drew; without them the findings use their own. */
export interface Thresholds {
  readonly maxLagBytes?: number;
  readonly maxAckAgeSeconds?: number;
  /** How many replicas the target should have. */
  readonly expectReplicas?: number;
  /** Findings that the user knows of and wants so: told, but not counted. */
  readonly accept?: readonly FindingId[];
}

export interface ServerReport {
  /** `redis`, `valkey`, `keydb`, `dragonfly`, … as far as INFO tells. */
  readonly product: string;
  readonly version?: string;
  readonly mode?: string;
  /** `master`, `slave`, or another server's word. */
  readonly role: string;
  readonly uptimeSeconds?: number;
  readonly runId?: string;
  readonly replid?: string;
  readonly replid2?: string;
  readonly offset?: number;
  readonly secondOffset?: number;
  /** Keys in all databases. */
  readonly keys?: number;
}

/** Counters since the server started. */
export interface SyncReport {
  readonly full?: number;
  readonly partialAccepted?: number;
  readonly partialRefused?: number;
  /** Bytes of the stream and of snapshots sent to replicas, and received from a master. */
  readonly sentBytes?: number;
  readonly receivedBytes?: number;
}

export interface ReplicaReport {
  /** The N of `slaveN`. */
  readonly index: number;
  readonly announced: { readonly ip: string; readonly port?: number };
  /** Its connection, and how sure we are that it is this one (client-list.ts). */
  readonly from?: { readonly address: string; readonly ip: string; readonly matchedBy: ReplicaClient['by'] };
  /** It announces an address other than the one it comes from. */
  readonly announcedElsewhere?: boolean;
  readonly state: string;
  readonly offset?: number;
  readonly behindBytes?: number;
  /** How old its data is: measured where the master was seen there, else at the rate of the stream; absent while that is idle. */
  readonly behindSeconds?: number;
  readonly ackAgeSeconds?: number;
  readonly outputBytes?: number;
  /** The limit in force: at least the size of the backlog (redis 7.2.6 networking.c:checkClientOutputBufferLimits). 0: none. */
  readonly outputLimitBytes?: number;
  /** How fast the output buffer grows between the samples; absent when it does not. */
  readonly outputGrowthPerSecond?: number;
  readonly linkSeconds?: number;
  /** Pairs of its line that Redis 7.2 does not send. */
  readonly extra: Readonly<Record<string, string>>;
}

export interface BacklogReport {
  readonly active: boolean;
  readonly sizeBytes?: number;
  readonly firstByteOffset?: number;
  readonly lastByteOffset?: number;
  readonly histlenBytes?: number;
  /** How long a link may be down before a full sync is needed, at the rate of the stream. */
  readonly coverSeconds?: number;
}

export interface LinkReport {
  readonly master: { readonly host: string; readonly port?: number };
  readonly up?: boolean;
  /** ROLE's word for it: connect, connecting, handshake, sync, connected. */
  readonly state?: string;
  readonly lastIoSecondsAgo?: number;
  readonly downSeconds?: number;
  /** Bytes of the stream applied, and received but not yet applied. */
  readonly offset?: number;
  readonly unappliedBytes?: number;
  readonly behindBytes?: number;
  readonly behindSeconds?: number;
  readonly transfer?: {
    readonly readBytes?: number;
    readonly totalBytes?: number;
    readonly lastIoSecondsAgo?: number;
    /** Between the samples; absent with one, and while nothing comes. */
    readonly bytesPerSecond?: number;
    readonly secondsLeft?: number;
  };
  readonly priority?: number;
  readonly readOnly?: boolean;
  readonly announced?: boolean;
  readonly upstream?: Upstream;
}

export interface Report {
  /** Version of this format. */
  readonly schema: 1;
  readonly target: string;
  /** When it was made, ISO 8601. */
  readonly at: string;
  /** The worst finding: what the exit code says. */
  readonly status: 'ok' | 'warning' | 'critical';
  readonly server: ServerReport;
  /** Time between the two samples; 0 when one was taken, so that there is no rate and nothing made from it. */
  readonly sampledSeconds: number;
  /** Growth of the offset between the two samples. */
  readonly rate?: { readonly bytesPerSecond: number; readonly overSeconds: number };
  /** Every field of INFO replication, in the server's order. */
  readonly info: readonly { readonly name: string; readonly value: string }[];
  readonly link?: LinkReport;
  /** The links to further masters, of a server that follows several (KeyDB). */
  readonly otherLinks?: readonly LinkReport[];
  readonly replicas: readonly ReplicaReport[];
  /** How many there should be, where the user said so. */
  readonly expectedReplicas?: number;
  readonly backlog: BacklogReport;
  readonly syncs: SyncReport;
  /** Sentinels that are connected; absent when it could not be seen. */
  readonly sentinels?: readonly string[];
  readonly sentinel?: SentinelFacts;
  readonly cluster?: ClusterFacts;
  readonly settings: Settings;
  readonly findings: readonly Finding[];
  /** Those that the user accepted: they do not count for `status`. Absent when there are none. */
  readonly accepted?: readonly Finding[];
  readonly missing: readonly Missing[];
}

/** What findings are made from: the report so far, and every field of INFO at both samples. */
export type Draft = Omit<Report, 'findings' | 'accepted' | 'status'> & {
  readonly connectedReplicas: number;
  readonly goodReplicas?: number;
  readonly failoverState?: string;
  readonly masterTrouble?: MasterTrouble;
  readonly masterLogin?: MasterLogin;
  readonly refusedLogin?: RefusedLogin;
  /** A field of the later INFO, and as a number. */
  readonly text: (field: string) => string | undefined;
  readonly now: (field: string) => number | undefined;
  /** Whether a replica with this announced address was there at the first sample, too. */
  readonly knownBefore: (replica: ReplicaReport) => boolean;
  /** How much a counter grew between the two samples; 0 with one sample. */
  readonly grown: (field: string) => number;
};
