/** What the main thread and the engine's Worker say to each other. */
import { type ReplicaEvent } from '../../core/diagnosis/replica/events.js';
import { type LinkEvent } from '../../core/replication/ports.js';
import { type LogLevel } from '../../core/services/log.js';
import { type BackupFacts } from './backup.js';
import { type AttachEvent } from './replica-trace.js';

/** How the Worker is started. */
export interface EngineData {
  /** Directives that hold unless the configuration says otherwise; text as Bytes (latin1). */
  readonly defaults: readonly DefaultDirective[];
  /** The whole configuration as text: file, standard input, command line; latin1. */
  readonly confText: string;
  /** The line of it at which the command line begins. */
  readonly typedFrom: number;
  /** Absolute path of the configuration file, or empty. */
  readonly configFile: string;
  /** By what the process was started, for its title. */
  readonly command: string;
  /** The folder that relative paths refer to. */
  readonly cwd: string;
  /** `--port 0` on the command line: any free port. In a file it means no TCP port at all, as in Redis. */
  readonly anyPort: boolean;
  /**
   * What is told of the link to the master. `none`: what Redis logs. `events`: link messages, and the same facts as log lines.
   * `samples`: a sample each second as well.
   */
  readonly watch: 'none' | 'events' | 'samples';
  /** Whether replicas that attach are traced. */
  readonly trace: boolean;
  /** The data set is to be copied once, and no more. */
  readonly backup?: BackupRequest;
}

/** What `replica --once` asks for. */
export interface BackupRequest {
  /** Absolute; empty: where the configuration says. */
  readonly file: string;
  /** Replace whatever file lies there. */
  readonly force: boolean;
  /** Whether the command line says where it is to lie. */
  readonly named: boolean;
}

/** A directive that `replica` sets by itself. */
export interface DefaultDirective {
  readonly name: 'port' | 'save' | 'masteruser' | 'masterauth';
  readonly value: string;
}

/** Where the link to the master stands. Offsets are replication offsets. */
export interface LinkSample {
  /** The sender's monotonic clock. */
  readonly atMs: number;
  /** As ROLE says it (`connect`, `handshake`, `sync`, `connected`), or `master` when nobody is followed. */
  readonly state: string;
  readonly offset: number;
  /** During a handshake: the command that the master has not answered yet. */
  readonly waitsFor?: string;
  /** How much of the master's stream has not been applied here; undefined while it does not flow. */
  readonly behindBytes?: number;
  /** Commands of the stream applied since the start. */
  readonly commands: number;
  readonly ackAgeMs?: number;
  readonly keys: number;
  /** Our port; 0 when there is none. */
  readonly port: number;
}

export type FromEngine =
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly line: string;
      /** The sender's monotonic clock. */
      readonly atMs: number;
    }
  | {
      readonly type: 'loading';
      readonly loadedBytes: number;
      readonly totalBytes: number;
      readonly keys: number;
    }
  | LinkMessage
  | { readonly type: 'sample'; readonly sample: LinkSample }
  | TraceMessage
  /** The copy is made; the server ends. */
  | { readonly type: 'backup'; readonly facts: BackupFacts }
  /** Absolute paths, or empty. */
  | { readonly type: 'settings'; readonly logfile: string; readonly pidfile: string }
  | { readonly type: 'ready'; readonly port: number }
  /** What the process is to be called. */
  | { readonly type: 'title'; readonly title: string }
  /** It could not start; `message` may have several lines (a configuration file error). */
  | { readonly type: 'failed'; readonly message: string; readonly code: number }
  /** It was told to end and could not save: it goes on. */
  | { readonly type: 'staying' }
  | { readonly type: 'exit'; readonly code: number };

/** What a replica, the `conn`th since the start, does. */
export interface TraceMessage {
  readonly type: 'trace';
  readonly conn: number;
  readonly event: AttachEvent | ReplicaEvent;
}

export interface LinkMessage {
  readonly type: 'link';
  /** The sender's monotonic clock. */
  readonly atMs: number;
  readonly event: LinkEvent;
  /** With the handshake: what the master is (`redis 7.2.4`), when it says so. */
  readonly server?: string;
  /** With the end of a link on which the stream flowed: how far it came. */
  readonly offset?: number;
}

export type ToEngine = { readonly type: 'signal'; readonly signal: 'SIGINT' | 'SIGTERM' };
