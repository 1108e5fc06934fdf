/** Servers that are no Redis master: Sentinels, proxies, services, and software with a replication of its own. */
import { entries } from '../entry.js';

export const SOFTWARE = entries([
  {
    id: 'sentinel-port',
    chapter: 'software',
    severity: 'fault',
    seen: 'REPLCONF and PSYNC are unknown commands, and INFO says redis_mode:sentinel.',
    means: 'The port is that of a Sentinel, not of a Redis server.',
    fix: 'Ask it for the master: `SENTINEL GET-MASTER-ADDR-BY-NAME <name>`, and go there. `redis-ts inspect --sentinel NAME` does both.',
    source: 'redis 7.2.6 server.c:populateCommandTable (a Sentinel has a small table)',
    modes: [10],
    explain: 'A Sentinel answers PING and INFO, so it passes for a server. Its usual port is 26379.',
  },
  {
    id: 'proxy-without-replication',
    chapter: 'software',
    severity: 'fault',
    seen: 'PING is answered; REPLCONF and PSYNC are unknown, and INFO has no run_id and no master_replid, or is not answered.',
    means: 'A proxy stands in front of the server, or the server has no replication.',
    fix: 'Connect to the data node itself. A proxy of commands (twemproxy, Envoy, a cluster proxy) cannot carry a replication link; one of TCP can.',
    source: 'inferred from twemproxy, Envoy and cluster proxies; RedisShake issue 37',
    modes: [10],
    explain:
      'A proxy reads each command and sends it to some node; PSYNC turns a connection into a stream, which has no place there. A home-made server that has no replication yet looks the same.',
  },
  {
    id: 'managed-service',
    chapter: 'software',
    severity: 'fault',
    seen: 'PSYNC is unknown or disallowed, and address, INFO or words are those of a known service.',
    means: 'The provider does not offer replication to the outside.',
    fix: "Use the provider's own export, import or replication; some give a renamed PSYNC on request. Otherwise copy with SCAN and DUMP.",
    source: 'RedisShake issues 387, 606, 653, 974, 975; the documentation of the services',
    modes: [30, 31],
    explain:
      'Known by address: ElastiCache, MemoryDB, Azure Cache, Redis Cloud, Upstash, Alibaba Cloud. Known by INFO: ElastiCache (os), Upstash (upstash_version). Memorystore does not name itself: it is guessed when CONFIG is unknown as well. Even where PSYNC is given, some insert commands of their own into the stream (REPLCONF TIMESTAMP, opinfo).',
  },
  {
    id: 'dragonfly-protocol',
    chapter: 'software',
    severity: 'fault',
    seen: 'PSYNC is refused, and INFO has dragonfly_version.',
    means: 'The server is Dragonfly, which replicates by a protocol of its own.',
    fix: 'A Redis replica cannot follow Dragonfly. The other way round works: Dragonfly with `REPLICAOF` of a Redis.',
    source: 'dragonfly issues 2662 and 7997',
    modes: [52],
    explain:
      'Dragonfly answers `REPLCONF capa dragonfly` by an array and streams each shard over a socket of its own (DFLY FLOW, DFLY SYNC). To leave it, save an RDB there and load it, or copy with SCAN and DUMP.',
  },
  {
    id: 'kvrocks-protocol',
    chapter: 'software',
    severity: 'fault',
    seen: 'PSYNC is refused, and INFO has kvrocks_version.',
    means: 'The server is Kvrocks, whose PSYNC is another one.',
    fix: 'Use kvrocks2redis, or copy with SCAN and DUMP.',
    source: 'kvrocks issue 1754',
    modes: [54],
    explain:
      'Kvrocks replicates the write-ahead log of RocksDB by sequence number; its PSYNC takes such a number, and commands like _fetch_meta fetch files.',
  },
  {
    id: 'pika-protocol',
    chapter: 'software',
    severity: 'fault',
    seen: 'PSYNC is refused, and INFO has pika_version.',
    means: 'The server is Pika, which replicates over another port by a protocol of its own.',
    fix: 'Use its tool pika-port, or copy with SCAN and DUMP.',
    source: 'pika issue 1070',
    modes: [54],
    explain: 'Pika sends its binlog to replicas on its port plus 2000, in messages that no Redis reads.',
  },
  {
    id: 'garnet-protocol',
    chapter: 'software',
    severity: 'fault',
    seen: 'PSYNC is refused, and INFO has garnet_version.',
    means: 'The server is Garnet, which replicates among its own kind.',
    fix: 'Copy with SCAN and DUMP.',
    source: 'garnet pull request 2141',
    modes: [54],
    explain:
      'Garnet replicates checkpoints and its append-only log within a Garnet cluster. A version that answers PSYNC sends an empty snapshot, so that a Redis replica would end empty.',
  },
  {
    id: 'keydb-active-replica',
    chapter: 'software',
    severity: 'fault',
    seen: 'RREPLAY in the replication stream; or INFO says role:active-replica.',
    means: 'The master is a KeyDB with active replication, whose stream a plain replica cannot apply.',
    fix: 'Switch active-replica off on the KeyDB that a Redis follows, or follow with KeyDB.',
    source: 'KeyDB issues 838 and 312; dragonfly issue 2662',
    modes: [53],
    explain:
      'Two active KeyDBs send each other everything wrapped in RREPLAY with the uuid of its origin, so that nothing runs in circles. A KeyDB that attaches to a Redis sends REPLPING and REPLCONF uuid: it takes errors to both.',
  },
]);
