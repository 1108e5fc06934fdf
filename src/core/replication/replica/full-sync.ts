/**
 * FullSync: a full sync as the follower sees it, from `+FULLRESYNC` (or SYNC) to data in its place. It says why it was necessary,
 * receives and loads the snapshot beside the old data (SnapshotReceiver), and puts the new data and the master's position in the
 * place of the old ones at once; whatever breaks before leaves both as they were. Rules: redis 7.2.6 replication.c:readSyncBulkPayload.
 */
import { type Dial } from '../../base/byte-channel.js';
import { ascii, lower, type Bytes } from '../../base/bytes.js';
import { type Link } from '../handshake/run.js';
import { optionalBytes, type LinkEvent, type ReplicationParts, type SnapshotCopy } from '../ports.js';
import { type ReplicationStream } from '../stream.js';
import { type LinkEvents } from './link-events.js';
import { askWhyRefused, type Asked } from './refusal.js';
import { SnapshotReceiver, type ReceivedSnapshot } from './snapshot-receiver.js';

/** What stands for the offset of a master that told none (redis 7.2.6 server.master_initial_offset). */
const NO_OFFSET = -1;

export interface FullSyncHost {
  readonly stream: ReplicationStream;
  readonly events: LinkEvents;
  /** Is given the bytes of the snapshot. */
  readonly copy: SnapshotCopy | undefined;
  /** The data that our own replicas hold is about to go. */
  dropSubReplicas(): void;
  /**
   * The new data is in its place: the stream goes on in database `dbId`.
   * @param positioned the master told a position
   * @param ackAtOnce it holds the stream back until it hears from us
   */
  taken(dbId: number, positioned: boolean, ackAtOnce: boolean): void;
  /** The link is closed, the old data is there. `final`: trying again would end the same way. */
  failed(reason: string, final: boolean): void;
}

/** How it came to it. */
export interface FullSyncBegin {
  readonly link: Link;
  /** What the master told; undefined: nothing that can be continued from. */
  readonly replid: Bytes | undefined;
  readonly offset: number | undefined;
  /** What had been asked for and was refused; undefined: everything was asked for, for `reason`. */
  readonly asked: Asked | undefined;
  readonly reason: string;
  /** To ask the master why it refused. */
  readonly dial: () => Dial;
}

export class FullSync {
  readonly receiver: SnapshotReceiver;

  constructor(
    private readonly parts: ReplicationParts,
    private readonly host: FullSyncHost,
    private readonly begin: FullSyncBegin,
  ) {
    const { engine } = parts;
    const { replid, offset } = begin;
    engine.log.notice(
      replid === undefined
        ? 'Full resync from master without a replication id'
        : `Full resync from master: ${replid}:${offset}`,
    );
    this.tell();
    host.copy?.begin();
    this.receiver = new SnapshotReceiver(
      {
        copy: host.copy,
        store: engine.store,
        clock: engine.clock,
        stats: engine.stats,
        config: engine.config,
        progress: (receivedBytes, totalBytes, keys) => this.progress(receivedBytes, totalBytes, keys),
        done: (snapshot) => this.install(snapshot),
        failed: (reason, final) => this.failed(reason, final),
      },
      begin.link,
    );
  }

  start(): void {
    this.receiver.start();
  }

  /** Gives up without telling anybody. */
  stop(): void {
    this.receiver.stop();
    this.parts.engine.setLoading(undefined);
  }

  /** Once a second: a time-out, or a sign of life. */
  eachSecond(): void {
    const { clock, config } = this.parts.engine;
    if (clock.nowMs() - this.receiver.lastReadMs <= config.values.replTimeout * 1000) {
      this.receiver.sendNewline();
      return;
    }
    this.stop();
    this.host.failed('Timeout receiving bulk data from MASTER (repl-timeout)', false);
  }

  /** Says why it is a full sync; when the master refused to continue, once it has told. */
  private tell(): void {
    const { engine } = this.parts;
    const { replid, offset, asked, reason, dial } = this.begin;
    const { events } = this.host;
    const event = (why: string): LinkEvent => ({
      kind: 'full-sync',
      reason: why,
      replid: replid ?? '',
      offset: offset ?? NO_OFFSET,
    });
    if (asked === undefined) {
      events.tell(event(reason));
      return;
    }
    const { values } = engine.config;
    const complete = events.hold(event('the master did not accept our position'));
    askWhyRefused({
      dial: dial(),
      clock: engine.clock,
      user: optionalBytes(values.masteruser),
      pass: optionalBytes(values.masterauth),
      asked: { replid: lower(ascii(asked.replid)), offset: asked.offset },
      given: replid === undefined ? undefined : lower(replid),
      done: (why) => {
        engine.log.notice(`Partial resynchronization not accepted by the master: ${why}`);
        complete(event(why));
      },
    });
  }

  private progress(receivedBytes: number, totalBytes: number | undefined, keys: number): void {
    const { engine } = this.parts;
    if (engine.loading !== undefined) engine.loading.loadedBytes = receivedBytes;
    else if (this.refusesWhileLoading()) {
      const startedMs = engine.clock.nowMs();
      engine.setLoading({ startedMs, totalBytes: totalBytes ?? 0, loadedBytes: receivedBytes });
    }
    this.host.events.tell({ kind: 'snapshot', receivedBytes, totalBytes, keys });
  }

  /**
   * The old data is served until the new has arrived, an empty data set as well, which is what Redis does while it receives a file.
   * With `repl-diskless-load on-empty-db` it answers LOADING then, and so do we (redis 7.2.6 replication.c:useDisklessLoad).
   */
  private refusesWhileLoading(): boolean {
    const { config, store } = this.parts.engine;
    if (config.values.replDisklessLoad !== 'on-empty-db') return false;
    return store.databases.every((db) => db.size === 0) && store.functionLibraries.length === 0;
  }

  private failed(reason: string, final: boolean): void {
    this.parts.engine.setLoading(undefined);
    this.host.failed(reason, final);
  }

  private install({ loader, form, bytes, us }: ReceivedSnapshot): void {
    const { engine } = this.parts;
    const { link, replid, offset } = this.begin;
    const databases = engine.store.databases.length;
    if (loader.streamDb >= databases) {
      link.channel.close();
      this.failed(
        `the stream is in database ${loader.streamDb}, and there are ${databases} here (databases)`,
        true,
      );
      return;
    }
    this.host.dropSubReplicas();
    engine.replaceData(() => loader.install());
    engine.setLoading(undefined);
    const positioned = replid !== undefined && offset !== undefined;
    this.host.stream.adopt(positioned ? replid : engine.random.hex(40), offset ?? NO_OFFSET);
    engine.log.notice(`MASTER <-> REPLICA sync: Finished with success, ${loader.loaded} keys`);
    this.host.events.tell({
      kind: 'snapshot-done',
      bytes,
      us,
      rdbVersion: loader.version,
      keys: loader.loaded,
      checksum: loader.checksum ?? 'unverified',
    });
    this.host.taken(loader.streamDb, positioned, form === 'eof');
  }
}
