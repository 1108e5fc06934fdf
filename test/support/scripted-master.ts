/**
 * A replica in memory and the master that it follows, played by the test byte by byte on a clock that stands still. Every dial of
 * the replica is a `FakeWire` here; the side question (INFO after a refused partial resync) is one of them.
 */
import { FakeWire } from './fake-channel.js';
import { memoryServer, type MemoryServer } from './memory-server.js';
import { type LinkEvent } from '../../src/core/replication/ports.js';

export const MASTER_ID = '8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb';

/** Header, end opcode, eight zero bytes for a checksum that was not computed: the smallest RDB of version 9. */
export const TINY_RDB = 'REDIS0009\xff\0\0\0\0\0\0\0\0';

/** An RDB of version 9 without a checksum: `old` = `value` in database 0. */
export const ONE_KEY_RDB = 'REDIS0009\xfe\x00\x00\x03old\x05value\xff\0\0\0\0\0\0\0\0';

export interface ScriptedReplica extends MemoryServer {
  /** What the replica dialled, in order. */
  readonly wires: FakeWire[];
  readonly events: LinkEvent[];
  /** The last wire; time moves until there is one more than `seen`. */
  nextWire(): FakeWire;
  /** Plays the whole handshake on the next wire and answers PSYNC with `answer`. @returns the wire */
  handshake(answer: string): FakeWire;
  /** As `handshake`, with a full sync in the length form. */
  fullSync(rdb?: string, offset?: number): FakeWire;
  /** What the replica has sent on a wire since it was last asked, without ACKs. */
  sent(wire: FakeWire): string;
}

/** A replica of 10.0.0.5:6379, not yet connected. */
export function scriptedReplica(directives: Readonly<Record<string, string>> = {}): ScriptedReplica {
  const wires: FakeWire[] = [];
  const server = memoryServer({ replicaof: '10.0.0.5 6379', ...directives }, 1, (clock) => () => {
    const wire = new FakeWire(clock);
    wires.push(wire);
    return wire.dial;
  });
  const events: LinkEvent[] = [];
  server.replication.follower.observer = (event) => events.push(event);
  server.replication.follow('10.0.0.5', 6379, false);
  let taken = 0;
  const nextWire = (): FakeWire => {
    for (let seconds = 0; wires.length <= taken; seconds++) {
      if (seconds > 5) throw new Error('the replica does not dial');
      if (seconds === 0) server.clock.runTurn();
      else server.seconds(1);
    }
    return wires[taken++];
  };
  const handshake = (answer: string): FakeWire => {
    const wire = nextWire();
    wire.open();
    for (const line of ['+PONG\r\n', '+OK\r\n+OK\r\n']) wire.data(line);
    if (wire.sent.length !== 3) throw new Error(`no PSYNC: ${JSON.stringify(wire.sent)}`);
    wire.data(answer);
    server.clock.runTurn();
    return wire;
  };
  return {
    ...server,
    wires,
    events,
    nextWire,
    handshake,
    fullSync: (rdb = TINY_RDB, offset = 0) =>
      handshake(`+FULLRESYNC ${MASTER_ID} ${offset}\r\n$${rdb.length}\r\n${rdb}`),
    sent: (wire) => wire.sent.splice(0).join(''),
  };
}

/** A command as it stands in a stream. */
export function command(...args: string[]): string {
  return `*${args.length}\r\n` + args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('');
}

/** `REPLCONF ACK <offset>` on the wire. */
export function ack(offset: number): string {
  return command('REPLCONF', 'ACK', String(offset));
}
