/**
 * What the random load of `proof:load` draws besides the families of the differential run: commands whose reply is a matter of chance
 * or of the clock, and whose effect the replicas have to be told in another form. Nothing here is compared reply for reply.
 */
import { type Family, type Generator } from '../differential/generator.js';

/** Over within the load. */
function soonMs(g: Generator): string {
  return String(1 + g.int(300));
}

const GROUPS = ['g', 'h'];
const STREAMS = ['stream:1', 'stream:2', 'stream:3'];

export const loadRows: Family = {
  name: 'load',
  weight: 8,
  rows: [
    { command: 'SPOP', weight: 4, args: (g) => [g.key(), ...g.some(0, 1, () => String(g.int(6)))] },
    { command: 'SET', weight: 3, args: (g) => [g.key(), g.value(), 'PX', soonMs(g)] },
    { command: 'GETEX', weight: 2, args: (g) => [g.key(), 'PX', soonMs(g)] },
    { command: 'PEXPIRE', weight: 3, args: (g) => [g.key(), soonMs(g)] },
    { command: 'HPEXPIRE', weight: 2, args: (g) => [g.key(), soonMs(g), 'FIELDS', '1', 'f'], since: [7, 4] },
    { command: 'XADD', weight: 3, args: (g) => [g.key(), '*', 'name', g.value()] },
    {
      command: 'XADD',
      weight: 3,
      args: (g) => [g.key(), 'MAXLEN', '~', String(g.int(300)), '*', 'name', g.value()],
    },
    {
      command: 'XREADGROUP',
      weight: 2,
      args: (g) => ['GROUP', g.pick(GROUPS), 'Ann', 'BLOCK', '5', 'STREAMS', g.pick(STREAMS), '>'],
    },
    { command: 'XREAD', weight: 1, args: (g) => ['BLOCK', '5', 'STREAMS', g.pick(STREAMS), '$'] },
    { command: 'BLPOP', weight: 2, args: (g) => [g.key(), g.key(), '0.005'], endsInTimeout: true },
    { command: 'BLMOVE', weight: 2, args: (g) => [g.key(), g.key(), 'LEFT', 'RIGHT', '0.005'] },
    { command: 'BLMPOP', weight: 2, args: (g) => ['0.005', '2', g.key(), g.key(), 'LEFT', 'COUNT', '3'] },
    { command: 'BZPOPMIN', weight: 1, args: (g) => [g.key(), g.key(), '0.005'], endsInTimeout: true },
    { command: 'BZMPOP', weight: 1, args: (g) => ['0.005', '1', g.key(), 'MAX', 'COUNT', '2'] },
    {
      command: 'GEOSEARCHSTORE',
      weight: 1,
      args: (g) => [g.key(), 'geo:1', 'FROMLONLAT', '14', '38', 'BYRADIUS', '3000', 'km', 'STOREDIST'],
    },
    { command: 'RANDOMKEY', weight: 1, args: () => [] },
  ],
};
