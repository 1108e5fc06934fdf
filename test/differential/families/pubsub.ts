/**
 * Pub/sub and client tracking, as far as they answer a request with one reply. Left out on purpose: SUBSCRIBE and its like (a
 * RESP2 subscriber may do nothing else, and every name is answered), tracking of keys that are drawn (a message would come between the replies); transcripts
 * have them.
 */
import { type Family, type Generator } from '../generator.js';

const CHANNELS = ['news', '', 'n\x00\xff', '[', 'a*'];
const PREFIXES = ['track:', 'track:a', 'tr', 'zz'];

const channel = (g: Generator) => g.pick(CHANNELS);

/** Options of CLIENT TRACKING on: prefixes fit no key that is drawn, and what would track keys is refused. */
function trackingOptions(g: Generator): readonly string[] {
  const options = g.some(0, 2, () => g.pick(['OPTIN', 'optout', 'NOLOOP', 'REDIRECT', 'BOGUS']));
  if (g.chance(0.3))
    return [
      ...options,
      ...g.pick([
        ['prefix', ''],
        ['OPTIN', 'OPTOUT'],
        ['redirect', 'x'],
      ]),
    ];
  return [
    'bcast',
    'PREFIX',
    g.pick(PREFIXES),
    ...options,
    ...(g.chance(0.2) ? ['prefix', g.pick(PREFIXES)] : []),
  ];
}

export const pubsub: Family = {
  name: 'pubsub',
  weight: 1,
  rows: [
    { command: 'PUBLISH', weight: 4, args: (g) => [channel(g), g.value()] },
    { command: 'SPUBLISH', weight: 2, args: (g) => [channel(g), g.value()], since: [7, 0] },
    { command: 'PUBSUB', weight: 1, args: (g) => ['CHANNELS', ...g.some(0, 1, () => channel(g))] },
    { command: 'PUBSUB', weight: 1, args: (g) => ['numsub', ...g.some(0, 3, () => channel(g))] },
    { command: 'PUBSUB', weight: 1, args: (g) => [g.pick(['NUMPAT', 'HELP', 'BOGUS'])] },
    {
      command: 'PUBSUB',
      weight: 1,
      args: (g) => [g.pick(['SHARDCHANNELS', 'SHARDNUMSUB']), ...g.some(0, 2, () => channel(g))],
      since: [7, 0],
    },
    {
      command: 'CLIENT',
      weight: 4,
      args: (g) => ['TRACKING', g.pick(['on', 'ON', 'off']), ...trackingOptions(g)],
    },
    { command: 'CLIENT', weight: 3, args: () => ['TRACKING', 'off'] },
    { command: 'CLIENT', weight: 2, args: (g) => ['CACHING', g.pick(['yes', 'NO', 'maybe'])] },
    { command: 'CLIENT', weight: 2, args: (g) => [g.pick(['TRACKINGINFO', 'GETREDIR'])] },
  ],
};
