/** Reads a whole keyspace over a connection and says where two of them differ. A table holds how each type is read. */
import { type RespConnection } from '../support/resp-connection.js';
import { showReply, showText, type Reply } from '../support/resp-decoder.js';
import { differs, shownAsBy72 } from './compare.js';
import { toleranceFor, type Tolerance } from './tolerances.js';

/** The databases that the generator selects. */
export const DATABASES = 4;

const EXACT: Tolerance = { kind: 'exact' };
const ANY_PAIRS: Tolerance = { kind: 'pairs', why: 'the order of a hash table is not promised' };
const ANY_ORDER: Tolerance = { kind: 'set', why: 'the order of a hash table is not promised' };

interface TypeReader {
  readonly request: (key: string) => readonly string[];
  readonly tolerance: Tolerance;
}

/** How a value of each type is read whole. */
const READERS: Readonly<Record<string, TypeReader>> = {
  string: { request: (key) => ['GET', key], tolerance: EXACT },
  list: { request: (key) => ['LRANGE', key, '0', '-1'], tolerance: EXACT },
  set: { request: (key) => ['SMEMBERS', key], tolerance: ANY_ORDER },
  zset: { request: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'], tolerance: EXACT },
  hash: { request: (key) => ['HGETALL', key], tolerance: ANY_PAIRS },
  stream: { request: (key) => ['XRANGE', key, '-', '+'], tolerance: EXACT },
};

export interface ContentDifference {
  readonly where: string;
  readonly ours: string;
  readonly peer: string;
}

/** The first difference between the data of two servers, or undefined. Leaves both connections in database 0. */
export async function compareContents(
  ours: RespConnection,
  peer: RespConnection,
  peerVersion: readonly [number, number, number],
): Promise<ContentDifference | undefined> {
  for (let database = 0; database < DATABASES; database++) {
    const ask = async (...request: string[]): Promise<[Reply, Reply]> =>
      shownAsBy72(await Promise.all([ours.send(...request), peer.send(...request)]), peerVersion);
    await ask('SELECT', String(database));
    const keys = await ask('KEYS', '*');
    if (differs(keys[0], keys[1], ANY_ORDER) !== undefined)
      return difference(`database ${database}: keys`, keys);
    for (const key of 'items' in keys[1] ? keys[1].items : []) {
      if (key.type !== 'bulk') continue;
      const found = await compareKey(ask, key.text, peerVersion);
      if (found !== undefined) return { ...found, where: `database ${database}: ${found.where}` };
    }
  }
  await Promise.all([ours.send('SELECT', '0'), peer.send('SELECT', '0')]);
  return undefined;
}

async function compareKey(
  ask: (...request: string[]) => Promise<[Reply, Reply]>,
  key: string,
  peerVersion: readonly [number, number, number],
): Promise<ContentDifference | undefined> {
  const types = await ask('TYPE', key);
  const label = `key "${showText(key)}"`;
  if (differs(types[0], types[1], EXACT) !== undefined) return difference(`${label}: TYPE`, types);
  const reader = types[1].type === 'simple' ? READERS[types[1].text] : undefined;
  if (reader === undefined) throw new Error(`no reader for ${showReply(types[1])}: add it to contents.ts`);
  const values = await ask(...reader.request(key));
  if (differs(values[0], values[1], reader.tolerance) !== undefined)
    return difference(`${label}: value`, values);
  for (const request of [
    ['OBJECT', 'ENCODING', key],
    ['PEXPIRETIME', key],
  ]) {
    const replies = await ask(...request);
    const why = differs(replies[0], replies[1], toleranceFor(request, peerVersion));
    if (why !== undefined) return difference(`${label}: ${request[0]} (${why})`, replies);
  }
  return undefined;
}

function difference(where: string, [ours, peer]: [Reply, Reply]): ContentDifference {
  return { where, ours: showReply(ours), peer: showReply(peer) };
}
