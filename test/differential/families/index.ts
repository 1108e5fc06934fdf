/** Every family the runner knows. A new family is one file and one line here, and a line per command in tolerances.ts. */
import { type Family } from '../generator.js';
import { connection } from './connection.js';
import { keyspace } from './keyspace.js';
import { otherTypes } from './other-types.js';
import { pubsub } from './pubsub.js';
import { strings } from './strings.js';
import { transactions } from './transactions.js';

export const families: readonly Family[] = [strings, keyspace, transactions, connection, pubsub, otherTypes];
