/**
 * Managed services, and how each shows itself: in the address that was dialled, in a field of INFO, in the words of its
 * refusal. As the services and the issues of their clients show them.
 */

export interface Provider {
  readonly name: string;
  /** In the address that was dialled. */
  readonly host?: RegExp;
  /** A field of INFO, and what it says. */
  readonly info?: readonly [field: string, value: RegExp];
  /** In the refusal of PSYNC. */
  readonly line?: RegExp;
  /** What it offers instead. */
  readonly advice: string;
}

export const PROVIDERS: readonly Provider[] = [
  {
    name: 'Amazon ElastiCache',
    host: /\.cache\.amazonaws\.com/i,
    info: ['os', /ElastiCache/],
    advice: 'export a backup to S3, or ask AWS for a renamed PSYNC of each node',
  },
  {
    name: 'Amazon MemoryDB',
    host: /\.memorydb\.[a-z0-9-]+\.amazonaws\.com/i,
    info: ['os', /MemoryDB/],
    advice: 'export a snapshot to S3',
  },
  {
    name: 'Azure Cache for Redis',
    host: /\.(redis\.cache\.windows|redisenterprise\.cache\.azure|redis\.azure)\.net/i,
    advice: 'export an RDB file to a storage account',
  },
  {
    name: 'Redis Cloud',
    host: /\.(redislabs|redis-cloud|rlrcp)\.com/i,
    advice: "use its Active-Passive replication ('Replica Of') or its export",
  },
  {
    name: 'Upstash',
    host: /\.upstash\.io/i,
    info: ['upstash_version', /./],
    advice: 'copy with SCAN and DUMP',
  },
  {
    name: 'Alibaba Cloud',
    host: /\.(rds\.aliyuncs|kvstore\.aliyuncs)\.com/i,
    advice: 'make an account with replication rights, or use DTS',
  },
  {
    name: 'Huawei Cloud',
    line: /^-ERR Unsupported command: psync/i,
    advice: 'use its online migration',
  },
];

/** The service that an address belongs to, or undefined. */
export function serviceAt(target: string): string | undefined {
  return PROVIDERS.find(({ host }) => host?.test(target))?.name;
}
