/** Every family the runner knows. A new family is one file and one line here, and a line per command in tolerances.ts. */
import { type Family } from '../generator.js';
import { acl } from './acl.js';
import { bitmaps } from './bitmaps.js';
import { connection } from './connection.js';
import { geo } from './geo.js';
import { hashes } from './hashes.js';
import { hyperloglogs } from './hyperloglogs.js';
import { keyspace } from './keyspace.js';
import { lists } from './lists.js';
import { otherTypes } from './other-types.js';
import { pubsub } from './pubsub.js';
import { sets } from './sets.js';
import { sort } from './sort.js';
import { sortedSets } from './sorted-sets.js';
import { streams } from './streams.js';
import { strings } from './strings.js';
import { transactions } from './transactions.js';

const OTHERS: readonly Family[] = [
  strings,
  bitmaps,
  lists,
  sets,
  hashes,
  sortedSets,
  streams,
  geo,
  sort,
  keyspace,
  transactions,
  connection,
  pubsub,
  hyperloglogs,
  otherTypes,
];

export const families: readonly Family[] = [...OTHERS, acl(OTHERS)];
