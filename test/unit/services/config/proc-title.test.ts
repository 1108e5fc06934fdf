import { expect, it } from 'vitest';
import { ascii } from '../../../../src/core/base/bytes.js';
import {
  expandTitle,
  isTitleTemplate,
  titleVariables,
} from '../../../../src/core/services/config/proc-title.js';

const FACTS = {
  command: '/usr/bin/redis-ts',
  configFile: '',
  bind: ['127.0.0.1', '::1'],
  port: 7379,
  tlsPort: 0,
  unixsocket: '',
};
const title = (template: string, facts: Partial<typeof FACTS> = {}) =>
  expandTitle(ascii(template), titleVariables({ ...FACTS, ...facts }));

it.each([
  ['{title} {listen-addr} {server-mode}', {}, '/usr/bin/redis-ts 127.0.0.1:7379'],
  ['{listen-addr}', { bind: [] }, '*:7379'],
  ['{listen-addr}', { port: 0, tlsPort: 7380 }, '127.0.0.1:7380'],
  ['{listen-addr}', { port: 0, unixsocket: '/tmp/s' }, 'unixsocket:/tmp/s'],
  ['{port} {tls-port} {unixsocket} {config-file}', {}, '7379 0  -'],
  ['{config-file}', { configFile: '/etc/redis.conf' }, '/etc/redis.conf'],
  ['  {{port} }  ', {}, '{port} }'],
  ['{port', {}, undefined],
  ['{ports}', {}, undefined],
])('%s with %o is %s', (template, facts, expected) => {
  expect(title(template, facts)).toBe(expected);
});

it.each([
  ['{title}', false],
  ['{unixsocket} ', false],
  ['{title} {port}', true],
  ['{config-file}', true],
  ['x', true],
  ['{{', true],
  ['', false],
])('a server always has a title by %o: %s', (template, expected) => {
  expect(isTitleTemplate(ascii(template))).toBe(expected);
});
