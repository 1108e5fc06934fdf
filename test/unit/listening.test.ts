/** Which addresses are taken, on a listener that only keeps account of them. */
import { expect, it } from 'vitest';
import { ascii } from '../../src/core/base/bytes.js';
import { Listening } from '../../src/core/listening.js';
import { type Listener } from '../../src/core/net/tcp-server.js';
import { Config } from '../../src/core/services/config/config.js';
import { NO_LOG } from '../../src/core/services/log.js';

it('a server that began without an address takes its port when addresses come', async () => {
  const config = new Config(NO_LOG);
  config.load(ascii('port'), [ascii('7777')]);
  config.load(ascii('bind'), [ascii('')]);
  const taken: string[] = [];
  const listener = {
    listen: (host: string, port: number) => {
      taken.push(`${host}:${port}`);
      return Promise.resolve(port);
    },
    listenNow: (host: string, port: number) => void taken.push(`${host}:${port}`),
    stopListening: () => void taken.splice(0),
  } as unknown as Listener;
  const ports: number[] = [];
  const portChanged = (port: number) => void ports.push(port);
  const listening = new Listening({ listener, config, log: NO_LOG, anyPort: false, portChanged });
  await listening.start();
  expect(taken).toEqual([]);
  config.set([[ascii('bind'), ascii('127.0.0.1')]]);
  expect(taken).toEqual(['127.0.0.1:7777']);
  expect(ports.at(-1)).toBe(7777);
});
