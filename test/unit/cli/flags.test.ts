import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { debugs } from '../../../src/cli/debugs.js';
import { parseSeconds, resolveConnection } from '../../../src/cli/connection-flags.js';
import { nearest } from '../../../src/cli/nearest.js';
import { UsageError } from '../../../src/cli/usage-error.js';

const dir = mkdtempSync(join(tmpdir(), 'redis-ts-flags-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('resolveConnection', () => {
  it('prefers the flag to the URL and the URL to the environment', () => {
    const env = { REDISCLI_AUTH: 'from-env' };
    const pass = (address: string, flags: object) =>
      resolveConnection(address, { timeout: 5, ...flags }, env).target.pass;
    expect(pass('redis://u:from-url@h', { pass: 'from-flag' })).toBe('from-flag');
    expect(pass('redis://u:from-url@h', {})).toBe('from-url');
    expect(pass('h', {})).toBe('from-env');
    expect(resolveConnection('h', { timeout: 5 }, { REDISCLI_AUTH: '' }).target).not.toHaveProperty('pass');
  });

  it('switches TLS on for every flag that only TLS has', () => {
    writeFileSync(join(dir, 'ca.pem'), 'PEM');
    const tls = (flags: object) => resolveConnection('h', { timeout: 5, ...flags }, {});
    expect(tls({}).tls).toBeUndefined();
    expect(tls({ tls: true }).target).toMatchObject({ tls: true });
    expect(tls({ sni: 'name' }).tls).toEqual({ sni: 'name' });
    expect(tls({ insecure: true }).tls).toEqual({ insecure: true });
    expect(tls({ cacert: join(dir, 'ca.pem') }).tls).toEqual({ ca: Buffer.from('PEM') });
    expect(resolveConnection('rediss://h', { timeout: 5 }, {}).tls).toEqual({});
  });

  it('refuses halves and files that are not there', () => {
    const missing = join(dir, 'missing.pem');
    const refuse = (flags: object) => () => resolveConnection('h', { timeout: 5, ...flags }, {});
    expect(refuse({ user: 'alice' })).toThrow(
      new UsageError('a user needs a password: --pass, or REDISCLI_AUTH in the environment'),
    );
    expect(refuse({ cert: 'x' })).toThrow(new UsageError('--cert and --key belong together'));
    expect(refuse({ cacert: missing })).toThrow(new UsageError(`--cacert: cannot read ${missing} (ENOENT)`));
  });

  it('counts the timeout in milliseconds', () => {
    expect(resolveConnection(undefined, { timeout: 0.25 }, {}).timeoutMs).toBe(250);
  });
});

describe('parseSeconds', () => {
  it('takes whole and broken seconds above 0', () => {
    expect(parseSeconds('5', '--timeout')).toBe(5);
    expect(parseSeconds('0.5', '--timeout')).toBe(0.5);
    for (const bad of ['', '0', '-1', '1s', 'NaN', '1e9']) {
      expect(() => parseSeconds(bad, '--timeout')).toThrow(
        new UsageError(`--timeout: bad number of seconds "${bad}": 5 or 0.5, for example`),
      );
    }
  });
});

describe('nearest', () => {
  const words = ['appendonly', 'appendfsync', 'maxmemory', 'save', 'json'];
  it('finds what was meant, and nothing when nothing is close', () => {
    expect(nearest('appendonyl', words)).toBe('appendonly');
    expect(nearest('MAXMEMROY', words)).toBe('maxmemory');
    expect(nearest('jsno', words)).toBe('json');
    expect(nearest('sav', words)).toBe('save');
    expect(nearest('replicaof', words)).toBeUndefined();
    expect(nearest('x'.repeat(100), ['x'.repeat(99)])).toBeUndefined();
  });
});

describe('debugs', () => {
  it('reads DEBUG as the debug package does', () => {
    expect(debugs('inspect', undefined)).toBe(false);
    expect(debugs('inspect', 'express:*')).toBe(false);
    expect(debugs('inspect', 'redis-ts*')).toBe(true);
    expect(debugs('inspect', 'x,redis-ts:inspect')).toBe(true);
    expect(debugs('inspect', 'redis-ts:serve')).toBe(false);
    expect(debugs('inspect', '*')).toBe(true);
  });
});
