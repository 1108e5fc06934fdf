/**
 * Asks a Sentinel for the master that it watches under a name, and for what it believes about the replicas, so that the two
 * views can be compared. A Sentinel never forgets a replica by itself. redis 7.2.6 sentinel.c:sentinelCommand.
 */
import { fromText } from '../base/bytes.js';
import { type Dial } from '../base/byte-channel.js';
import { infoInteger } from '../info/parse.js';
import { type Reply } from '../protocol/reply-decoder.js';
import { hostPort } from '../net/target.js';
import { InspectClient, InspectError } from './client.js';
import { type CollectOptions } from './collect.js';
import { command, described, itemsOf, pairsOf, scalar } from './replies.js';

export interface SentinelNode {
  readonly address: string;
  /** `slave`, `s_down`, `disconnected`, …: as the Sentinel flags it. */
  readonly flags: readonly string[];
}

export interface SentinelFacts {
  /** Where the Sentinel was asked, and for which name. */
  readonly address: string;
  readonly name: string;
  readonly master: { readonly host: string; readonly port: number; readonly flags: readonly string[] };
  readonly quorum?: number;
  /** Sentinels that know this master, the asked one included. */
  readonly sentinels?: number;
  readonly replicas: readonly SentinelNode[];
  /** CKQUORUM's words when it says no. */
  readonly quorumTrouble?: string;
}

/**
 * Asks the Sentinel behind `dial` for the master called `name`. The login is for the master: the Sentinel gets it only when it
 * asks for one itself. Rejects with InspectError.
 */
export async function askSentinel(dial: Dial, name: string, options: CollectOptions): Promise<SentinelFacts> {
  const { login, ...without } = options;
  const ask = async (as: CollectOptions) => {
    const client = await InspectClient.open(dial, options.name, as);
    const words = ['MASTER', 'REPLICAS', 'CKQUORUM'];
    return client
      .calls(words.map((word) => [...command('SENTINEL', word), fromText(name)]))
      .finally(() => client.close());
  };
  let replies = await ask(without);
  if (login?.pass !== undefined && isError(replies[0], 'NOAUTH')) replies = await ask({ ...options, login });
  const [master, replicas, quorum] = replies;
  if (master.type === 'error') throw refusedBy(options.name, name, master);
  const fields = pairsOf(master);
  const port = infoInteger(scalar(fields.get('port')));
  if (port === undefined) throw new InspectError('refused', `${options.name} names no address for ${name}`);
  return {
    address: options.name,
    name,
    master: { host: scalar(fields.get('ip')), port, flags: flagsOf(fields) },
    quorum: infoInteger(scalar(fields.get('quorum'))),
    sentinels: 1 + (infoInteger(scalar(fields.get('num-other-sentinels'))) ?? 0),
    replicas: itemsOf(replicas).map((reply) => {
      const pairs = pairsOf(reply);
      const address = hostPort(scalar(pairs.get('ip')), infoInteger(scalar(pairs.get('port'))) ?? 0);
      return { address, flags: flagsOf(pairs) };
    }),
    ...(quorum.type === 'error' && { quorumTrouble: described(quorum) }),
  };
}

function flagsOf(pairs: ReadonlyMap<string, Reply>): string[] {
  return scalar(pairs.get('flags')).split(',').filter(Boolean);
}

function isError(reply: Reply, word: string): boolean {
  return reply.type === 'error' && reply.value.startsWith(word);
}

function refusedBy(address: string, name: string, reply: Reply): InspectError {
  if (isError(reply, 'ERR No such master'))
    return new InspectError('refused', `${address} watches no master called ${name}`);
  if (isError(reply, 'ERR unknown command'))
    return new InspectError('refused', `${address} is no Sentinel: it does not know SENTINEL`);
  return new InspectError('refused', `${address} refuses SENTINEL: ${described(reply)}`);
}
