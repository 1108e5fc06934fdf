/** MULTI sections and WATCH. EXEC is drawn more often than MULTI, so that sections stay a few commands long. */
import { type Family } from '../generator.js';

export const transactions: Family = {
  name: 'transactions',
  weight: 4,
  rows: [
    { command: 'MULTI', weight: 6, args: () => [] },
    { command: 'EXEC', weight: 8, args: () => [] },
    { command: 'DISCARD', weight: 1, args: () => [] },
    { command: 'WATCH', weight: 4, args: (g) => g.some(1, 3, () => g.key()) },
    { command: 'UNWATCH', weight: 1, args: () => [] },
  ],
};
