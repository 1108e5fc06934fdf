/**
 * Reads CLIENT LIST and finds the connection behind each `slaveN` line. INFO names a replica by what it announces, CLIENT
 * LIST by where its socket comes from, and nothing links the two: they are joined by address where it is unique, else by
 * order (INFO lists replicas as they attached, the ids of CLIENT LIST count connections), and the join says which it was. The
 * order of CLIENT LIST itself means nothing: the server rotates that list (redis 7.2.6 server.c:clientsCron).
 */
import { type ParsedReplica } from '../info/replication.js';
import { infoInteger } from '../info/parse.js';

/** One connection of CLIENT LIST; what the server does not tell is absent. */
export interface ClientLine {
  readonly id?: number;
  /** As given with CLIENT SETNAME; empty for none. */
  readonly name?: string;
  /** `ip:port`, `[v6]:port`, or `path:0` of a unix socket. */
  readonly address: string;
  /** The ip alone. */
  readonly ip: string;
  readonly ageSeconds?: number;
  readonly idleSeconds?: number;
  /** Bytes in its output buffer, as the server counts them against the limit. */
  readonly outputBytes?: number;
}

/** The connections of the reply's text. Lines without an address are skipped. Never throws. */
export function parseClientList(text: string): ClientLine[] {
  const clients: ClientLine[] = [];
  for (const line of text.split('\n')) {
    const pairs = new Map<string, string>();
    for (const part of line.split(' ')) {
      const equals = part.indexOf('=');
      if (equals > 0) pairs.set(part.slice(0, equals), part.slice(equals + 1));
    }
    const address = pairs.get('addr');
    if (address === undefined) continue;
    clients.push({
      id: infoInteger(pairs.get('id')),
      ...(pairs.get('name') && { name: pairs.get('name') }),
      address,
      ip: plainIp(address.slice(0, address.lastIndexOf(':'))),
      ageSeconds: infoInteger(pairs.get('age')),
      idleSeconds: infoInteger(pairs.get('idle')),
      outputBytes: infoInteger(pairs.get('omem')),
    });
  }
  return clients;
}

export interface ReplicaClient {
  readonly client: ClientLine;
  /** `address`: the only connection from its address; `rest`: the only one left; `order`: a guess among several. */
  readonly by: 'address' | 'rest' | 'order';
}

/** For each replica its connection, by the replica's index in `replicas`; missing where nothing fits. */
export function matchReplicas(
  replicas: readonly ParsedReplica[],
  clients: readonly ClientLine[],
): ReadonlyMap<ParsedReplica, ReplicaClient> {
  const matched = new Map<ParsedReplica, ReplicaClient>();
  const inOrder = [...clients].sort((a, b) => (a.id ?? 0) - (b.id ?? 0));
  const free = new Set(inOrder);
  for (const ip of new Set(replicas.map((replica) => plainIp(replica.ip ?? '')))) {
    const those = replicas.filter((replica) => plainIp(replica.ip ?? '') === ip);
    const here = inOrder.filter((client) => client.ip === ip);
    pair(those, here, those.length === 1 && here.length === 1 ? 'address' : 'order');
  }
  const left = replicas.filter((replica) => !matched.has(replica));
  if (left.length === free.size) pair(left, [...free], left.length === 1 ? 'rest' : 'order');
  return matched;

  function pair(those: readonly ParsedReplica[], here: readonly ClientLine[], by: ReplicaClient['by']): void {
    const count = Math.min(those.length, here.length);
    for (let i = 0; i < count; i++) {
      matched.set(those[i], { client: here[i], by });
      free.delete(here[i]);
    }
  }
}

/** Whether both are literal addresses and differ: a name cannot be compared. */
export function addressesDiffer(announced: string, peer: string): boolean {
  const a = plainIp(announced);
  const b = plainIp(peer);
  return isLiteral(a) && isLiteral(b) && a !== b && !(isLoopback(a) && isLoopback(b));
}

/** Without brackets, and an IPv4 address as such where a dual-stack socket shows it as ::ffff:1.2.3.4. */
function plainIp(ip: string): string {
  return ip.replace(/^\[|\]$/g, '').replace(/^::ffff:(?=\d+\.)/i, '');
}

function isLiteral(ip: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(ip) || /^[0-9a-f]*:[0-9a-f:.]*$/i.test(ip);
}

function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}
