/**
 * What concerns the connection itself. Left out on purpose: QUIT and CLIENT KILL (they end the connection), CLIENT REPLY
 * (it ends the lock step), CLIENT PAUSE (it stops both servers), HELLO (chosen by --resp3, for the whole case).
 */
import { type Family } from '../generator.js';

const NAMES = ['conn-1', 'x', '', 'with space', 'tab\t', 'Ünïcode', 'a:b'];

export const connection: Family = {
  name: 'connection',
  weight: 1,
  rows: [
    { command: 'PING', weight: 3, args: (g) => g.some(0, 1, () => g.value()) },
    { command: 'ECHO', weight: 3, args: (g) => [g.value()] },
    { command: 'RESET', weight: 1, args: () => [] },
    { command: 'CLUSTER', weight: 1, args: (g) => [g.pick(['INFO', 'slots', 'NODES', 'MYID'])] },
    { command: 'READONLY', weight: 1, args: () => [] },
    { command: 'READWRITE', weight: 1, args: () => [] },
    { command: 'ASKING', weight: 1, args: () => [] },
    { command: 'NOSUCHCOMMAND', weight: 1, args: (g) => g.some(0, 3, () => g.value()) },
    { command: 'CLIENT', weight: 2, args: (g) => ['SETNAME', g.pick(NAMES)] },
    { command: 'CLIENT', weight: 2, args: (g) => [g.pick(['GETNAME', 'ID', 'GETREDIR', 'BOGUS'])] },
    { command: 'CLIENT', weight: 1, args: (g) => ['NO-EVICT', g.pick(['on', 'OFF', 'maybe'])] },
    { command: 'CLIENT', weight: 1, args: () => ['INFO'] },
    { command: 'CLIENT', weight: 1, args: () => ['TRACKINGINFO'] },
    {
      command: 'CLIENT',
      weight: 1,
      args: (g) => ['NO-TOUCH', g.pick(['on', 'OFF', 'maybe'])],
      since: [7, 2],
    },
    {
      command: 'CLIENT',
      weight: 1,
      args: (g) => ['SETINFO', g.pick(['lib-name', 'LIB-VER', 'bogus']), g.pick(NAMES)],
      since: [7, 2],
    },
  ],
};
