/**
 * A home-made master that is right but for its own count: it streams to its replicas, keeps a backlog, answers WAIT by asking for
 * ACKs, lists its replicas, and tells in INFO and +FULLRESYNC an offset that counts each command of its stream as `counts` says.
 * The backlog is found by that offset, from its end, as a master does that keeps it in a buffer of what was sent.
 */
import {
  bulk,
  command,
  fullSync,
  infoText,
  REPLID,
  startFakeMaster,
  type FakeConnection,
  type FakeMaster,
} from './fake-master.js';

export interface CountingMaster extends FakeMaster {
  /** Writes a command to the stream. */
  write(...args: string[]): void;
}

interface Listed {
  readonly port: string;
  acked: number;
}

/** Starts one. `before` is in its stream before the first replica comes. */
export async function startCountingMaster(
  counts: (bytes: string) => number,
  before: readonly (readonly string[])[] = [],
): Promise<CountingMaster> {
  const replicas = new Map<FakeConnection, Listed>();
  const ports = new Map<FakeConnection, string>();
  const timers: NodeJS.Timeout[] = [];
  let stream = '';
  let offset = 0;
  const append = (bytes: string): void => {
    stream += bytes;
    offset += counts(bytes);
    for (const c of replicas.keys()) if (!c.socket.destroyed) c.send(bytes);
  };
  for (const args of before) append(command(...args));

  const replconf = (args: readonly string[], c: FakeConnection): string | undefined => {
    const [, option, value = ''] = args.map((arg, i) => (i === 1 ? arg.toLowerCase() : arg));
    if (option === 'ack') {
      const one = replicas.get(c);
      if (one) one.acked = Number(value);
      return undefined;
    }
    if (option === 'listening-port') ports.set(c, value);
    if (!['listening-port', 'ip-address', 'capa'].includes(option)) {
      return `-ERR Unrecognized REPLCONF option: ${args[1]}\r\n`;
    }
    return args.length % 2 === 1 ? '+OK\r\n' : '-ERR syntax error\r\n';
  };
  const psync = (args: readonly string[], c: FakeConnection): string | undefined => {
    if (replicas.has(c)) return undefined;
    if (!/^-?\d+$/.test(args[2])) return '-ERR value is not an integer or out of range\r\n';
    const asked = Number(args[2]);
    const at = asked - 1;
    const here = args[1] === REPLID && at >= 0 && at <= offset;
    const answer = here ? `+CONTINUE ${REPLID}\r\n${stream.slice(at)}` : fullSync(undefined, offset);
    replicas.set(c, { port: ports.get(c) ?? '0', acked: 0 });
    c.socket.on('close', () => replicas.delete(c));
    return answer;
  };
  const info = (): string => {
    const lines = [...replicas.values()].map(
      ({ port, acked }, i) => `slave${i}:ip=127.0.0.1,port=${port},state=online,offset=${acked},lag=0\r\n`,
    );
    return bulk(infoText({ connected_slaves: replicas.size, master_repl_offset: offset }) + lines.join(''));
  };
  const wait = (args: readonly string[], c: FakeConnection): undefined => {
    const from = offset;
    append(command('REPLCONF', 'GETACK', '*'));
    const timer = setTimeout(() => {
      const acked = [...replicas.values()].filter((one) => one.acked >= from).length;
      c.send(`:${acked}\r\n`);
    }, Number(args[2]));
    timers.push(timer);
    return undefined;
  };
  const fake = await startFakeMaster({ on: { replconf, psync, info, wait } });
  return {
    ...fake,
    write: (...args) => append(command(...args)),
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      return fake.stop();
    },
  };
}
