/** Servers of other makes and ages: what they are taken for, what is found, and that nothing that they send breaks anything. */
import { describe, expect, it } from 'vitest';
import { type Report } from '../../../src/core/inspect/model.js';
import { compareVersions, rdbVersionOf, unreadable } from '../../../src/core/inspect/product.js';
import { report } from '../../../src/core/inspect/report.js';
import { renderReport } from '../../../src/cli/render/inspect.js';
import { prometheusText } from '../../../src/core/inspect/prometheus.js';
import { facts } from '../../support/inspect-facts.js';
import { PRODUCTS } from '../../support/info-fixtures.js';

const of = (name: keyof typeof PRODUCTS, rest: object = {}): Report =>
  report(facts({ info: PRODUCTS[name], server: '', rest }));
const ids = (result: Report) => result.findings.map(({ id }) => id);

describe('products', () => {
  it.each([
    ['redis 5', 'redis', '5.0.14', 'master'],
    ['redis 6', 'redis', '6.2.14', 'master'],
    ['redis 7', 'redis', '7.2.6', 'master'],
    ['redis 8', 'redis', '8.2.1', 'master'],
    ['valkey', 'valkey', '8.0.1', 'master'],
    ['keydb', 'keydb', '6.3.4', 'active-replica'],
    ['dragonfly', 'dragonfly', 'df-v1.20.1', 'master'],
    ['dragonfly replica', 'dragonfly', 'df-v1.20.1', 'replica'],
    ['kvrocks', 'kvrocks', '2.8.0', 'master'],
    ['a stranger', 'server', undefined, 'leader'],
  ] as const)('%s is %s %s, %s', (name, product, version, role) => {
    const result = of(name);
    expect([result.server.product, result.server.version, result.server.role]).toEqual([
      product,
      version,
      role,
    ]);
    // Whatever it sends can be shown.
    expect(renderReport(result, { color: false, unicode: true, width: 80 })).toContain('FINDINGS');
    expect(prometheusText(result)).toContain('redis_up 1');
  });

  it.each(['redis 5', 'redis 6', 'redis 7', 'redis 8', 'valkey'] as const)('%s is fine', (name) => {
    expect(ids(of(name))).toEqual([]);
    expect(of(name).replicas).toMatchObject([{ state: 'online', behindBytes: 0 }]);
  });

  it('keeps the pairs and fields that 7.2 does not send', () => {
    expect(of('redis 8').replicas[0].extra).toEqual({ 'io-thread': '0' });
    expect(of('valkey').replicas[0].extra).toEqual({ type: 'replica' });
    expect(of('redis 8').info).toContainEqual({ name: 'replicas_waiting_psync', value: '0' });
  });

  it('redis 8 counts its attempts', () => {
    expect(ids(of('redis 8 replica'))).toEqual(['link-down', 'sync-attempts-failing']);
  });

  it('keydb: every master has its link', () => {
    const result = of('keydb');
    expect(result.link).toMatchObject({ master: { host: '10.0.0.5', port: 6379 }, up: true, offset: 5000 });
    expect(result.otherLinks).toMatchObject([
      { master: { host: '10.0.0.7', port: 6379 }, up: false, offset: 77 },
    ]);
    expect(ids(result)).toEqual(['several-masters', 'keydb-active-replica']);
    expect(result.findings[0]).toMatchObject({
      severity: 'critical',
      text: expect.stringContaining('10.0.0.5:6379 (up), 10.0.0.7:6379 (down)') as string,
    });
  });

  it('keydb: also where the blocks repeat their names', () => {
    const info = PRODUCTS.keydb.replace(/master_1_/g, 'master_');
    expect(report(facts({ info, server: '' })).otherLinks).toMatchObject([
      { master: { host: '10.0.0.7' }, up: false },
    ]);
  });

  it('dragonfly and others that replicate in their own way say so', () => {
    expect(ids(of('dragonfly'))).toEqual(['dragonfly-limits']);
    expect(of('dragonfly').findings[0].text).toContain('no backlog of the known kind');
    expect(of('dragonfly replica').link).toMatchObject({ up: true });
    expect(ids(of('kvrocks'))).toEqual(['no-replicas', 'own-replication']);
  });

  it('managed services are known by what they refuse', () => {
    const refusal = (why: string) => ({ missing: [{ command: 'CONFIG GET', why, lacks: 'much' }] });
    const unknown = of(
      'elasticache',
      refusal("ERR unknown command 'CONFIG', with args beginning with: 'GET'"),
    );
    expect(unknown.findings).toMatchObject([
      {
        id: 'managed-service',
        severity: 'info',
        text: expect.stringContaining('It says so itself: Amazon ElastiCache') as string,
      },
    ]);
    expect(of('redis 7', refusal('ERR Command disallowed')).findings[0].text).toContain('as Azure does');
    expect(
      ids(of('redis 7', refusal("NOPERM User x has no permissions to run the 'config' command"))),
    ).toEqual([]);
  });
});

describe('versions', () => {
  it('compare by their numbers', () => {
    expect(compareVersions('7.0.10', '7.0.9')).toBeGreaterThan(0);
    expect(compareVersions('7.2', '7.2.0')).toBe(0);
    expect(compareVersions('6.2.14', '7.0.0-rc1')).toBeLessThan(0);
  });

  it.each([
    ['redis', '3.0.7', 6],
    ['redis', '4.0.14', 8],
    ['redis', '6.2.14', 9],
    ['redis', '7.0.15', 10],
    ['redis', '7.2.6', 11],
    ['redis', '7.4.1', 12],
    ['valkey', '8.0.1', 11],
    ['valkey', '9.0.0', 80],
    ['dragonfly', 'df-v1.20.1', undefined],
  ])('%s %s writes RDB %s', (product, version, rdb) => {
    expect(rdbVersionOf({ product, version })).toBe(rdb);
  });

  it.each([
    ['redis', '7.2.6', 'redis', '7.0.15', true],
    ['redis', '7.0.15', 'redis', '7.2.6', false],
    ['valkey', '8.0.1', 'redis', '7.2.6', false],
    ['valkey', '9.0.0', 'redis', '8.0.0', true],
    ['redis', '7.4.1', 'valkey', '9.0.0', true],
    ['dragonfly', '1', 'redis', '7.2.6', false],
  ])('%s %s to %s %s: refused %s', (wp, wv, rp, rv, refused) => {
    expect(unreadable({ product: wp, version: wv }, { product: rp, version: rv }) !== undefined).toBe(
      refused,
    );
  });
});
