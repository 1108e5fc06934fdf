/**
 * ReplicaFeed: what goes to a replica besides replies: a snapshot file, then the stream. It hands the connection no more than it
 * takes; the rest waits in the file or in the shared blocks, and counts against client-output-buffer-limit replica.
 */
import { type FileReader } from '../../base/disk.js';
import { type OutputFeed } from '../../engine/session.js';
import { type EngineStats } from '../../engine/stats.js';
import { reasonOf } from '../../persistence/persistence.js';
import { type ReplicationStream } from '../stream.js';
import { type Replica } from './replica-state.js';

/** Bytes handed to a connection and not taken by the kernel: beyond this one waits for it to drain. */
export const QUEUE_BYTES = 1024 * 1024;
/** One piece of the stream or of a snapshot file. */
const PIECE_BYTES = 64 * 1024;

export interface FeedHost {
  readonly stream: ReplicationStream;
  readonly stats: EngineStats;
  nowMs(): number;
  /** The last piece of the file is about to be written. */
  fileEnds(replica: Replica): void;
  /** The file has been sent. */
  fileSent(replica: Replica): void;
  /** The file could not be read. */
  fileFailed(replica: Replica, reason: string): void;
  ended(replica: Replica): void;
  /** It sent a command that is answered. */
  replied(replica: Replica): void;
}

export class ReplicaFeed implements OutputFeed {
  private file: { reader: FileReader; reading: boolean; left: number } | undefined;
  private waiting = false;
  private over = false;

  constructor(
    private readonly host: FeedHost,
    private readonly replica: Replica,
  ) {}

  get pendingBytes(): number {
    const { cursor } = this.replica;
    return cursor === undefined ? 0 : this.host.stream.behind(cursor);
  }

  /** Begins to send a snapshot file; the header has been written. */
  sendFile(reader: FileReader): void {
    this.file = { reader, reading: false, left: reader.sizeBytes };
    this.pump();
  }

  pump(): void {
    if (this.over || this.waiting) return;
    if (this.file !== undefined) this.pumpFile();
    else if (this.replica.phase === 'online' && !this.replica.held) this.pumpStream();
  }

  private pumpStream(): void {
    const { replica, host } = this;
    const { connection } = replica.session;
    while (connection.queuedBytes < QUEUE_BYTES) {
      const piece = host.stream.read(replica.cursor!, PIECE_BYTES);
      if (piece === undefined) return;
      host.stats.replOut += piece.length;
      replica.session.bytesOut += piece.length;
      connection.writeBuffer(piece);
    }
    this.waitForDrain();
  }

  private pumpFile(): void {
    const { file, replica, host } = this;
    if (file!.reading) return;
    if (replica.session.connection.queuedBytes >= QUEUE_BYTES) {
      this.waitForDrain();
      return;
    }
    file!.reading = true;
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    file!.reader.read(piece, (error, bytes) => {
      file!.reading = false;
      if (this.over) {
        file!.reader.close();
        return;
      }
      if (error !== undefined) host.fileFailed(replica, reasonOf(error));
      else if (bytes > 0) this.sendPiece(piece.subarray(0, bytes));
      // Less than was announced: the stream would be taken for the rest (redis 7.2.6 replication.c:sendBulkToSlave).
      else if (file!.left > 0) host.fileFailed(replica, 'premature EOF');
      else this.fileDone();
    });
  }

  private sendPiece(piece: Buffer): void {
    const { file } = this;
    file!.left -= piece.length;
    if (file!.left > 0) {
      this.writePiece(piece);
      this.pump();
      return;
    }
    this.host.fileEnds(this.replica);
    this.writePiece(this.withStream(piece));
    this.fileDone();
  }

  /**
   * The end of the snapshot and the stream behind it leave in one piece, as they do from a redis-server, whose next write follows
   * at once (redis 7.2.6 replication.c:sendBulkToSlave, replicaPutOnline).
   */
  private withStream(piece: Buffer): Buffer {
    const { cursor } = this.replica;
    const next = cursor && this.host.stream.read(cursor, PIECE_BYTES);
    return next === undefined ? piece : Buffer.concat([piece, next]);
  }

  private writePiece(piece: Buffer): void {
    const { session } = this.replica;
    this.host.stats.replOut += piece.length;
    session.bytesOut += piece.length;
    this.replica.lastSentMs = this.host.nowMs();
    session.connection.writeBuffer(piece);
  }

  private fileDone(): void {
    this.file!.reader.close();
    this.file = undefined;
    this.host.fileSent(this.replica);
    this.pump();
  }

  private waitForDrain(): void {
    this.waiting = true;
    this.replica.session.connection.onDrained(() => {
      this.waiting = false;
      this.pump();
    });
  }

  replied(): void {
    this.host.replied(this.replica);
  }

  ended(): void {
    if (this.over) return;
    this.over = true;
    // A read under way owns the file: it closes it.
    if (this.file?.reading === false) this.file.reader.close();
    this.host.ended(this.replica);
  }
}
