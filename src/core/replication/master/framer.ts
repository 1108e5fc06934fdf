/**
 * Framer: turns execution units into the replication stream: SELECT when the database differs from the last one streamed, MULTI
 * and EXEC around a unit of several effects (redis 7.2.6 replication.c:replicationFeedSlaves, server.c:propagatePendingCommands).
 */
import { ascii, type Bytes } from '../../base/bytes.js';
import { TARGET_REPLICAS, type Effect } from '../../engine/effects.js';
import { encodeCommand } from '../../protocol/command-encoder.js';
import { type ReplicationStream } from '../stream.js';

const MULTI = ascii('*1\r\n$5\r\nMULTI\r\n');
const EXEC = ascii('*1\r\n$4\r\nEXEC\r\n');

export class Framer {
  /** Database of the last SELECT in the stream; -1: unknown, the next effect begins with one. */
  selected = -1;

  constructor(private readonly stream: ReplicationStream) {}

  feed(unit: readonly Effect[], transaction: boolean): void {
    const effects = unit.filter((effect) => effect.targets & TARGET_REPLICAS);
    if (effects.length === 0) return;
    const wrap = transaction && effects.length > 1;
    // SELECT, when it is needed, comes inside the transaction.
    if (wrap) this.stream.append(MULTI);
    for (const effect of effects) this.write(effect);
    if (wrap) this.stream.append(EXEC);
  }

  private write({ dbId, body, wire, start, end }: Effect): void {
    this.select(dbId);
    if (wire !== undefined) this.stream.appendBuffer(wire, start, end);
    else this.stream.append(body!);
  }

  private select(dbId: number): void {
    if (dbId === this.selected) return;
    this.selected = dbId;
    this.stream.append(encodeCommand([ascii('SELECT'), ascii(String(dbId))]));
  }

  /** A command that belongs to no database (PING, REPLCONF GETACK). */
  plain(...args: string[]): void {
    this.stream.append(encodeCommand(args as Bytes[]));
  }
}
