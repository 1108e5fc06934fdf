/**
 * SnapshotReceiver: takes the snapshot of a full sync off the link and loads it into containers beside the databases; they take the
 * place of the old data when the last byte has arrived and the checksum is right. Until then the old data stays.
 */
import { type ChannelClose } from '../../base/byte-channel.js';
import { ascii } from '../../base/bytes.js';
import { type Clock } from '../../base/clock.js';
import { RdbError } from '../../persistence/rdb/format.js';
import { RdbLoader } from '../../persistence/rdb/loader.js';
import { RdbReader } from '../../persistence/rdb/reader.js';
import { type Config } from '../../services/config/config.js';
import { type EngineStats } from '../../engine/stats.js';
import { type Store } from '../../store/database.js';
import { type Link } from '../handshake/run.js';
import { type SnapshotCopy } from '../ports.js';
import { TransferDecoder } from '../transfer.js';

export interface ReceivedSnapshot {
  readonly loader: RdbLoader;
  readonly form: 'length' | 'eof';
  readonly bytes: number;
  readonly us: number;
}

export interface ReceiverHost {
  readonly store: Store;
  readonly clock: Clock;
  readonly stats: EngineStats;
  readonly config: Config;
  readonly copy?: SnapshotCopy | undefined;
  progress(receivedBytes: number, totalBytes: number | undefined, keys: number): void;
  done(snapshot: ReceivedSnapshot): void;
  /** `final`: trying again would end the same way. */
  failed(reason: string, final: boolean): void;
}

export class SnapshotReceiver {
  readonly loader: RdbLoader;
  receivedBytes = 0;
  /** As INFO shows it: -1 before the header, 0 in the EOF form (redis 7.2.6 server.repl_transfer_size). */
  totalBytes = -1;
  lastReadMs: number;
  /** The snapshot has begun to come. */
  begun = false;
  private form: 'length' | 'eof' = 'length';
  private readonly decoder: TransferDecoder;
  private readonly reader: RdbReader;
  private readonly startedUs: number;
  private over = false;

  constructor(
    private readonly host: ReceiverHost,
    private readonly link: Link,
  ) {
    this.decoder = new TransferDecoder(link.queue);
    this.loader = new RdbLoader(host.store, { dropExpired: false, limits: host.config.values });
    this.reader = new RdbReader(this.loader, { verifyChecksum: host.config.values.rdbchecksum });
    this.startedUs = host.clock.monotonicUs();
    this.lastReadMs = host.clock.nowMs();
  }

  start(): void {
    this.link.listen(
      () => this.read(),
      (close) => this.closed(close),
    );
    this.read();
  }

  private read(): void {
    this.lastReadMs = this.host.clock.nowMs();
    while (!this.over) {
      const event = this.decoder.next();
      if (event === undefined) break;
      switch (event.kind) {
        case 'keepalive':
          break;
        case 'header':
          this.begun = true;
          this.form = event.form;
          this.totalBytes = event.form === 'length' ? event.length : 0;
          break;
        case 'payload':
          this.receivedBytes += event.bytes.length;
          this.host.stats.replIn += event.bytes.length;
          this.host.copy?.write(event.bytes);
          this.load(event.bytes);
          break;
        case 'end':
          this.finish();
          break;
        case 'error':
          this.fail(`MASTER aborted replication with an error: ${event.line}`, false);
          break;
        case 'unexpected':
          this.fail(`bad protocol from the master: the snapshot must begin with '$'`, false);
          break;
      }
    }
    if (!this.over && this.begun) {
      const total = this.form === 'length' ? this.totalBytes : undefined;
      this.host.progress(this.receivedBytes, total, this.loader.loaded);
    }
  }

  private load(bytes: Buffer): void {
    try {
      this.reader.push(bytes);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.fail(
        `the snapshot cannot be loaded: ${reason}${this.origin}`,
        !(error instanceof RdbError) || error.unsupported,
      );
    }
  }

  /** Which server made it, for an error. */
  private get origin(): string {
    const { version, redisVersion } = this.loader;
    return version === 0
      ? ''
      : ` (RDB version ${version}${redisVersion === '' ? '' : `, made by redis ${redisVersion}`})`;
  }

  private finish(): void {
    if (!this.reader.done || this.reader.rest().length > 0) {
      const what = this.reader.done ? 'bytes follow the end of the data' : 'it ends before its checksum';
      this.fail(`the snapshot is damaged: ${what}, at byte ${this.reader.bytesRead}${this.origin}`, false);
      return;
    }
    this.over = true;
    this.host.done({
      loader: this.loader,
      form: this.form,
      bytes: this.receivedBytes,
      us: this.host.clock.monotonicUs() - this.startedUs,
    });
  }

  private closed(close: ChannelClose): void {
    if (close.by === 'us') return;
    const why = close.error === undefined ? 'the master closed the connection' : close.error.message;
    const at = this.begun ? `after ${this.receivedBytes} bytes of the snapshot` : 'before the snapshot';
    this.fail(`${why} ${at}`, false);
  }

  private fail(reason: string, final: boolean): void {
    if (!this.stop()) return;
    this.host.failed(reason, final);
  }

  /** A line feed: we live, though loading keeps us busy. */
  sendNewline(): void {
    if (!this.over && this.begun) this.link.channel.write(ascii('\n'));
  }

  /** Gives up. @returns whether it was under way */
  stop(): boolean {
    if (this.over) return false;
    this.over = true;
    this.loader.abandon();
    this.link.channel.close();
    return true;
  }
}
