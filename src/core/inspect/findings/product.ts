/** Rules about which server answers, and what can be done with it. */
import { type Draft } from '../model.js';
import { address, plural, type Detail } from './rule.js';

export function* severalMasters({ link, otherLinks = [] }: Draft): Generator<Detail> {
  if (!link || otherLinks.length === 0) return;
  const all = [link, ...otherLinks];
  const down = all.filter(({ up }) => up === false);
  yield {
    severity: down.length > 0 && link.up !== false ? 'critical' : 'info',
    text:
      `it follows ${plural(all.length, 'master')} at once: ${all.map(({ master, up }) => `${address(master.host, master.port)} (${up === false ? 'down' : 'up'})`).join(', ')}. ` +
      'Each link has an offset of its own, and the last write by time wins.',
  };
}

export function* keydbActiveReplica({ server }: Draft): Generator<Detail> {
  if (server.role !== 'active-replica') return;
  yield {
    severity: 'info',
    text:
      'an active replica of KeyDB: it takes writes, and its stream carries RREPLAY, which only KeyDB applies. A Redis or Valkey ' +
      'replica cannot follow it.',
  };
}

export function* dragonflyLimits({ server, link }: Draft): Generator<Detail> {
  if (server.product !== 'dragonfly') return;
  yield {
    severity: 'info',
    text:
      'Dragonfly replicates with a protocol of its own: Redis and Valkey replicas cannot follow it (PSYNC is unknown), it can follow them. ' +
      (link
        ? 'The link above is shown as far as it tells.'
        : 'It has no backlog of the known kind and no replication id; offsets, cover and ACKs are not comparable with those of Redis.'),
  };
}

const OWN: Readonly<Record<string, string>> = { kvrocks: 'Kvrocks', pika: 'Pika', garnet: 'Garnet' };

export function* ownReplication({ server }: Draft): Generator<Detail> {
  if (!Object.hasOwn(OWN, server.product)) return;
  yield {
    severity: 'info',
    text: `${OWN[server.product]} replicates in its own way: a Redis replica cannot follow it, and the fields of INFO mean what its makers say.`,
  };
}

const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/Command disallowed/i, 'as Azure does'],
  [/unknown (sub)?command/i, 'as ElastiCache, MemoryDB, Memorystore and others do, or a renamed command'],
];

export function* managedService({ missing, server, text }: Draft): Generator<Detail> {
  if (server.product === 'dragonfly' || Object.hasOwn(OWN, server.product)) return;
  const os = text('os') ?? '';
  for (const { command, why } of missing) {
    const sign = SIGNS.find(([pattern]) => pattern.test(why));
    if (!sign || !/^(CONFIG|CLIENT)/.test(command)) continue;
    const named = /ElastiCache/i.test(os) ? `It says so itself: ${os}. ` : '';
    yield {
      severity: 'info',
      text:
        `${command} is not there at all (${sign[1]}): most likely a managed service. ${named}Such services know no PSYNC either: nothing ` +
        'outside can attach to them as a replica, and timeouts and buffer limits cannot be seen.',
      advice: "Use the provider's own replication, migration or export.",
    };
    return;
  }
}
