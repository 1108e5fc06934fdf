/** Masters, replicas and what tests wait for between them, whoever plays which part. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes } from '../../src/core/base/bytes.js';
import { RdbReader } from '../../src/core/persistence/rdb/reader.js';
import { type Reply } from '../../src/core/protocol/reply-decoder.js';
import { eventually } from './eventually.js';
import { cut, plain } from './rdb-events.js';
import { infoOf } from './resp-client.js';

/** A server of either kind. */
export interface Node {
  readonly port: number;
  readonly dir: string;
  readonly call: (...args: (string | number)[]) => Promise<Reply>;
}

/** A field of INFO. */
export function infoField(node: Node, name: string): Promise<string | undefined> {
  return infoOf(node.call)(name);
}

/** Waits until `replica` has applied everything that `master` has written. */
export async function caughtUp(master: Node, replica: Node, deadlineMs = 60_000): Promise<void> {
  await eventually(async () => {
    const [up, offset, end] = await Promise.all([
      infoField(replica, 'master_link_status'),
      infoField(replica, 'slave_repl_offset'),
      infoField(master, 'master_repl_offset'),
    ]);
    return up === 'up' && offset === end;
  }, deadlineMs);
}

/** Follows: REPLICAOF, and waits until the replica has everything. */
export async function attach(replica: Node, master: Node, port = master.port): Promise<void> {
  await replica.call('REPLICAOF', '127.0.0.1', port);
  await caughtUp(master, replica);
}

/** What an RDB holds, by `db/key`: expiry and value as text. */
export interface SavedData {
  readonly keys: Map<string, string>;
  readonly functions: Bytes[];
  readonly aux: Map<string, string>;
  readonly checksum: string;
}

/** Saves a node's data and reads the file with our own reader. */
export async function savedData(node: Node): Promise<SavedData> {
  const reply = await node.call('SAVE');
  if (reply.type !== 'simple') throw new Error(`SAVE: ${JSON.stringify(reply)}`);
  const data = {
    keys: new Map<string, string>(),
    functions: [] as Bytes[],
    aux: new Map<string, string>(),
    checksum: '',
  };
  const reader = new RdbReader({
    aux: (name, value) => data.aux.set(name, value),
    value: (value, { db, key, expireAtMs }) =>
      data.keys.set(`${db}/${key}`, JSON.stringify([expireAtMs ?? null, withoutActiveTime(plain(value))])),
    functionLibrary: (code) => data.functions.push(code),
    end: (verdict) => (data.checksum = verdict),
  });
  for (const chunk of cut(readFileSync(join(node.dir, 'dump.rdb')), 65_536)) reader.push(chunk);
  reader.finish();
  return data;
}

/** RDB 10 has no active-time of consumers: 7.0 sends none. */
function withoutActiveTime(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('groups' in value)) return value;
  const groups = value.groups as { consumers: unknown[][] }[];
  return {
    ...value,
    groups: groups.map((g) => ({
      ...g,
      consumers: g.consumers.map(([name, seen, , pel]) => [name, seen, pel]),
    })),
  };
}

/** Keys in which two saved data sets differ, at most ten. */
export function savedDifferences(a: SavedData, b: SavedData): string[] {
  const names = new Set([...a.keys.keys(), ...b.keys.keys()]);
  return [...names]
    .filter((name) => a.keys.get(name) !== b.keys.get(name))
    .slice(0, 10)
    .map(
      (name) =>
        `${JSON.stringify(name)}: ${a.keys.get(name)?.slice(0, 200)} / ${b.keys.get(name)?.slice(0, 200)}`,
    );
}
