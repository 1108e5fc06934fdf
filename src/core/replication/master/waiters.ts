/**
 * WAIT: clients that wait until enough replicas have acknowledged what they wrote (redis 7.2.6 replication.c:waitCommand,
 * processClientsWaitingReplicas). At the end of a turn in which somebody began to wait, replicas are asked once with
 * `REPLCONF GETACK *`.
 */
import { type Session } from '../../engine/session.js';
import { type BlockingPort } from '../../commands/context.js';

interface Waiter {
  readonly session: Session;
  readonly offset: number;
  readonly replicas: number;
}

export class Waiters {
  private waiters: Waiter[] = [];
  /** Somebody began to wait in this turn: ask for ACKs at its end. */
  askForAcks = false;

  constructor(
    private readonly blocking: BlockingPort,
    /** Online replicas that have acknowledged `offset`. */
    private readonly acknowledged: (offset: number) => number,
  ) {}

  park(session: Session, offset: number, replicas: number, timeoutMs: number): void {
    const waiter: Waiter = { session, offset, replicas };
    this.waiters.push(waiter);
    this.askForAcks = true;
    this.blocking.park(session, {
      timeoutMs,
      onTimeout: (reply) => reply.int(this.acknowledged(offset)),
      onEnd: () => void (this.waiters = this.waiters.filter((other) => other !== waiter)),
    });
  }

  /** Goes on with those whose number has been reached. */
  release(): void {
    for (const { session, offset, replicas } of [...this.waiters]) {
      const count = this.acknowledged(offset);
      if (count >= replicas) this.blocking.release(session, (reply) => reply.int(count));
    }
  }

  get length(): number {
    return this.waiters.length;
  }
}
