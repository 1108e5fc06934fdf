/**
 * The home-made master that the handshake tool was built for, with its four faults, each of which can be mended:
 *
 *   keyed          registers a replica under peer-ip:announced-port, looks it up under peer-ip:source-port
 *   no-checksum    sends a snapshot of 10 bytes, REDIS0009 FF, without the 8 bytes after it
 *   zero-offset    never counts the bytes of its stream: FULLRESYNC and INFO say 0 for ever
 *   bare-continue  answers a partial resync by +CONTINUE without its replication id
 */
import {
  bulk,
  command,
  fullSync,
  REPLID,
  startFakeMaster,
  TINY_RDB,
  type FakeConnection,
  type FakeMaster,
} from './fake-master.js';

export type CloneFault = 'keyed' | 'no-checksum' | 'zero-offset' | 'bare-continue';

export const CLONE_FAULTS: readonly CloneFault[] = ['keyed', 'no-checksum', 'zero-offset', 'bare-continue'];

const BEAT_MS = 40;

export interface Clone extends FakeMaster {
  readonly faults: Set<CloneFault>;
}

/** Starts the clone; its stream carries a SET now and then. */
export async function startClone(faults: Iterable<CloneFault> = CLONE_FAULTS): Promise<Clone> {
  const broken = new Set(faults);
  const registry = new Set<string>();
  const replicas = new Set<FakeConnection>();
  let offset = 0;
  let stream = '';
  let writes = 0;

  const replconf = (args: readonly string[], c: FakeConnection): string | undefined => {
    if (args[1].toLowerCase() === 'ack') return undefined;
    if (args[1] === 'listening-port') registry.add(`${c.host}:${args[2]}`);
    return '+OK\r\n';
  };
  const psync = (args: readonly string[], c: FakeConnection): string => {
    const key = `${c.host}:${c.port}`;
    if (broken.has('keyed') && !registry.has(key)) return `-ERR Slave not registered: ${key}\r\n`;
    setImmediate(() => replicas.add(c));
    if (args[1] !== '?') {
      const missed = stream.slice(Math.max(0, Number(args[2]) - 1));
      return `${broken.has('bare-continue') ? '+CONTINUE' : `+CONTINUE ${REPLID}`}\r\n${missed}`;
    }
    return fullSync(
      broken.has('no-checksum') ? 'REDIS0009\xff' : TINY_RDB,
      broken.has('zero-offset') ? 0 : offset,
    );
  };
  const info = (): string =>
    bulk(
      `# Replication\r\nrole:master\r\nconnected_slaves:${replicas.size}\r\n` +
        `master_replid:${REPLID}\r\nmaster_repl_offset:${broken.has('zero-offset') ? 0 : offset}\r\n`,
    );

  const fake = await startFakeMaster({ on: { replconf, psync, info } });
  const beat = setInterval(() => {
    if (replicas.size === 0) return;
    const bytes = command('SET', `key:${++writes}`, 'value');
    offset += bytes.length;
    stream += bytes;
    for (const replica of replicas) if (!replica.socket.destroyed) replica.send(bytes);
  }, BEAT_MS);
  return {
    ...fake,
    faults: broken,
    stop: () => {
      clearInterval(beat);
      return fake.stop();
    },
  };
}
