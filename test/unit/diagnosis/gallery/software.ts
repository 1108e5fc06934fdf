/** Gallery: servers that are no Redis master. */
import { command, fullSync } from '../../../support/fake-master.js';
import { a, info, sync, unknown, type Case } from './case.js';

const SENTINEL = '# Server\r\nredis_version:7.2.4\r\nredis_mode:sentinel\r\nrun_id:abc\r\n';
const bulkOf = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const none = { replconf: unknown, psync: unknown, config: unknown };
const other = (line: string): string =>
  bulkOf(`# Server\r\nredis_version:6.2.11\r\n${line}\r\nrole:master\r\n`);
/** `psync-unknown` and the warning that stands beside it. */
const PLAIN = 'psync-unknown replconf-unknown';

export const SOFTWARE_CASES: readonly Case[] = [
  a('sentinel-port replconf-unknown', 'INFO tells', { on: { ...none, info: bulkOf(SENTINEL) } }),
  a('proxy-without-replication replconf-unknown', 'INFO is unknown, too', { on: { ...none, info: unknown } }),
  a('proxy-without-replication replconf-unknown', 'INFO of the proxy', {
    on: { ...none, info: bulkOf('# Proxy\r\nproxy_version:1.0\r\n') },
  }),
  a(PLAIN, 'a master of its own id without PSYNC', { on: { replconf: unknown, psync: unknown } }),
  a('managed-service', 'ElastiCache by INFO', {
    on: { psync: unknown, info: info({ os: 'Amazon ElastiCache' }) },
  }),
  a(
    'managed-service',
    'ElastiCache by its address',
    { on: { psync: unknown } },
    {
      target: 'x.abc123.0001.use1.cache.amazonaws.com:6379',
    },
  ),
  a('managed-service', 'ElastiCache with an alias', {
    on: {
      psync: "-ERR wrong number of arguments for 'sync' command\r\n",
      info: info({ os: 'Amazon ElastiCache' }),
    },
  }),
  a(
    'managed-service',
    'MemoryDB',
    { on: { psync: unknown } },
    {
      target: 'clustercfg.x.abc123.memorydb.us-east-1.amazonaws.com:6379',
    },
  ),
  a(
    'managed-service',
    'Azure',
    { on: { psync: '-ERR Command disallowed\r\n' } },
    {
      target: 'contoso5.redis.cache.windows.net:6380',
    },
  ),
  a(
    'managed-service replconf-unknown',
    'Redis Cloud',
    { on: { ...none } },
    {
      target: 'redis-16781.c273.us-east-1-2.ec2.cloud.redislabs.com:16781',
    },
  ),
  a('managed-service', 'Upstash', { on: { psync: unknown, info: other('upstash_version:1.10.5') } }),
  a(
    'managed-service',
    'Alibaba Cloud',
    { on: { psync: unknown } },
    {
      target: 'r-2vcken7ha7s5xwq5gg.redis.cn-chengdu.rds.aliyuncs.com:6379',
    },
  ),
  a('managed-service', 'Huawei Cloud by its words', {
    on: { psync: '-ERR Unsupported command: psync ? -1\r\n' },
  }),
  a('managed-service', 'a service that does not name itself', {
    on: { psync: unknown, config: unknown, info: info() },
  }),
  a('dragonfly-protocol', 'INFO tells', {
    on: { psync: unknown, info: other('dragonfly_version:df-v1.20.0') },
  }),
  a('kvrocks-protocol', 'its own PSYNC', {
    on: { psync: '-ERR value is not an integer or out of range\r\n', info: other('kvrocks_version:2.9.0') },
  }),
  a('pika-protocol', 'INFO tells', { on: { psync: unknown, info: other('pika_version:3.5.0') } }),
  a('garnet-protocol', 'INFO tells', { on: { psync: unknown, info: other('garnet_version:1.0.50') } }),
  a('keydb-active-replica', 'by INFO', { on: { info: info({ role: 'active-replica' }) } }),
  a(
    'keydb-active-replica',
    'by its stream',
    {
      on: {
        psync: sync(fullSync() + command('RREPLAY', 'd3b0…', command('SET', 'a', '1'), '0', '1')),
        info: info({ master_repl_offset: 90 }),
      },
    },
    { follow: { count: 1 } },
  ),
];
