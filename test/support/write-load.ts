/**
 * Writes of the families that every server here has, at a given rate: strings, counters, expiries, renames, transactions, SWAPDB, now
 * and then FLUSHDB, in three databases. Every command has an absolute effect on the master; keys collide on purpose.
 */
import { type Reply } from '../../src/core/protocol/reply-decoder.js';
import { seeded } from './data-set.js';

export interface WriteLoad {
  /** Commands and bytes of arguments sent so far. */
  readonly commands: number;
  readonly bytes: number;
  /** Ends after the replies have come. Rejects when a reply could not be had. */
  stop(): Promise<void>;
}

const TICK_MS = 20;
const KEYS = 3000;
const DATABASES = 3;

/** Starts writing `bytesPerSecond` through `call`, until `stop`. */
export function startWriteLoad(
  call: (...args: (string | number)[]) => Promise<Reply>,
  bytesPerSecond: number,
  seed = 7,
): WriteLoad {
  const pick = seeded(seed);
  const state = { commands: 0, bytes: 0, failure: undefined as unknown, over: false };
  const outstanding = new Set<Promise<void>>();
  const send = (...args: (string | number)[]) => {
    state.commands++;
    for (const arg of args) state.bytes += String(arg).length;
    const reply: Promise<void> = call(...args).then(
      () => void outstanding.delete(reply),
      (error: unknown) => {
        outstanding.delete(reply);
        state.failure ??= error;
      },
    );
    outstanding.add(reply);
  };
  const key = () => `key:${pick(KEYS)}`;
  const value = () => 'v'.repeat(pick(pick(10) === 0 ? 4000 : 200)) + String(pick(1e6)) + '\x00\r\n\xff';
  const single: readonly [number, () => void][] = [
    [40, () => send('SET', key(), value())],
    [8, () => send('SET', key(), value(), 'PX', 1 + pick(5000))],
    [8, () => send('INCRBY', `counter:${pick(50)}`, pick(1000) - 500)],
    [3, () => send('INCRBYFLOAT', `float:${pick(50)}`, `${pick(1000) / 8}`)],
    [8, () => send('APPEND', `log:${pick(200)}`, value())],
    [4, () => send('SETRANGE', key(), pick(300), value())],
    [4, () => send('DEL', key(), key())],
    [4, () => send('UNLINK', `log:${pick(200)}`)],
    [5, () => send('PEXPIRE', key(), pick(3000))],
    [3, () => send('PERSIST', key())],
    [3, () => send('RENAME', key(), key())],
    [2, () => send('COPY', key(), key(), 'REPLACE')],
    [2, () => send('MOVE', key(), pick(DATABASES))],
    [2, () => send('GETDEL', key())],
    [2, () => send('GETEX', key(), 'EX', 1 + pick(5))],
    [3, () => send('MSET', key(), value(), key(), value())],
    [4, () => send('SELECT', pick(DATABASES))],
  ];
  const total = single.reduce((sum, [weight]) => sum + weight, 0);
  const one = () => {
    let at = pick(total);
    for (const [weight, act] of single) {
      at -= weight;
      if (at < 0) return act();
    }
  };
  const step = () => {
    const rare = pick(2000);
    if (rare === 0) send('FLUSHDB');
    else if (rare < 4) send('SWAPDB', pick(DATABASES), pick(DATABASES));
    else if (rare < 100) {
      send('MULTI');
      for (let i = pick(6); i >= 0; i--) one();
      send('EXEC');
    } else one();
  };
  const startMs = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startMs) / 1000) * bytesPerSecond;
    // A server that does not answer is not flooded.
    while (state.bytes < due && outstanding.size < 20_000) step();
  }, TICK_MS);
  return {
    get commands() {
      return state.commands;
    },
    get bytes() {
      return state.bytes;
    },
    stop: async () => {
      clearInterval(timer);
      await Promise.all(outstanding);
      if (state.failure !== undefined) throw state.failure as Error;
    },
  };
}
