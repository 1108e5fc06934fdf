import { describe, expect, it } from 'vitest';
import { parsePort, parseTarget, targetName } from '../../../src/cli/target.js';
import { UsageError } from '../../../src/cli/usage-error.js';

const tcp = (host: string, port: number, rest: object = {}) => ({
  kind: 'tcp',
  host,
  port,
  tls: false,
  ...rest,
});

describe('parseTarget', () => {
  it.each([
    [undefined, tcp('127.0.0.1', 6379)],
    ['10.0.0.5:6380', tcp('10.0.0.5', 6380)],
    ['redis.example.org', tcp('redis.example.org', 6379)],
    [':7000', tcp('127.0.0.1', 7000)],
    ['[::1]:6379', tcp('::1', 6379)],
    ['[::1]', tcp('::1', 6379)],
    ['::1', tcp('::1', 6379)],
    ['fe80::1%eth0', tcp('fe80::1%eth0', 6379)],
    ['[fe80::1%eth0]:7000', tcp('fe80::1%eth0', 7000)],
    ['redis://', tcp('127.0.0.1', 6379)],
    ['redis://cache', tcp('cache', 6379)],
    ['redis://cache:7000/2', tcp('cache', 7000, { db: 2 })],
    ['redis://alice:s3cret@cache:7000/', tcp('cache', 7000, { user: 'alice', pass: 's3cret' })],
    ['redis://s3cret@cache', tcp('cache', 6379, { pass: 's3cret' })],
    ['redis://:s3cret@cache', tcp('cache', 6379, { pass: 's3cret' })],
    ['redis://al%40ice:p%3Aq%2Fr@cache', tcp('cache', 6379, { user: 'al@ice', pass: 'p:q/r' })],
    ['redis://u:p@ss@[::1]:7000', tcp('::1', 7000, { user: 'u', pass: 'p@ss' })],
    ['rediss://cache:6390', tcp('cache', 6390, { tls: true })],
    ['REDISS://cache', tcp('cache', 6379, { tls: true })],
    ['unix:///run/redis.sock', { kind: 'unix', path: '/run/redis.sock' }],
    ['unix://bob:pw@/run/redis.sock', { kind: 'unix', path: '/run/redis.sock', user: 'bob', pass: 'pw' }],
    ['/run/redis.sock', { kind: 'unix', path: '/run/redis.sock' }],
  ])('%s', (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
  });

  it.each([
    ['', 'empty address: write host:port'],
    ['host:', 'bad port "": a number from 1 to 65535'],
    ['host:0', 'bad port "0": a number from 1 to 65535'],
    ['host:65536', 'bad port "65536": a number from 1 to 65535'],
    ['host:6379x', 'bad port "6379x": a number from 1 to 65535'],
    ['host:-1', 'bad port "-1": a number from 1 to 65535'],
    ['host/2', 'bad host "host/2": write host:port'],
    ['ho st', 'bad host "ho st": write host:port'],
    ['[nope]:6379', 'bad IPv6 address "[nope]"'],
    ['a:b:c', 'ambiguous address "a:b:c": write an IPv6 address in brackets, as in [::1]:6379'],
    ['::1:6379', 'ambiguous address "::1:6379": write an IPv6 address in brackets, as in [::1]:6379'],
    ['http://host', 'unknown scheme http://: use redis://, rediss:// or unix://'],
    ['unix://run/redis.sock', 'a unix socket is written unix:///path/to/redis.sock'],
    ['redis://h/x', 'bad database "x" at the end of the address: a number, as in redis://host:6379/2'],
    ['redis://%zz@h', 'bad %-escape in the address: write a literal % as %25'],
  ])('refuses %j', (text, message) => {
    expect(() => parseTarget(text)).toThrow(new UsageError(message));
  });

  it.each([
    'user:s3cret@host:6379',
    'redis://user:s3/cret@host',
    'http://u:s3cret@host',
    'redis://u:s3cret@ho st',
  ])('repeats no password when it refuses %s', (text) => {
    expect(() => parseTarget(text)).toThrow(UsageError);
    expect(() => parseTarget(text)).not.toThrow(/s3|cret/);
  });
});

describe('targetName', () => {
  it('never shows the login', () => {
    expect(targetName(parseTarget('redis://u:s3cret@cache:7000/1'))).toBe('cache:7000');
    expect(targetName(parseTarget('redis://u:s3cret@[::1]'))).toBe('[::1]:6379');
    expect(targetName(parseTarget('unix://u:s3cret@/run/r.sock'))).toBe('unix:///run/r.sock');
  });
});

describe('parsePort', () => {
  it('names what was wrong', () => {
    expect(parsePort('65535')).toBe(65535);
    expect(() => parsePort('1e3', 'announced port')).toThrow(
      'bad announced port "1e3": a number from 1 to 65535',
    );
  });
});
