/** Faults of the stream after the snapshot. */
import { entries } from '../entry.js';

export const STREAM = entries([
  {
    id: 'offset-never-moves',
    chapter: 'stream',
    severity: 'fault',
    seen: 'Commands arrived on the replication stream, but master_repl_offset is still what it was before them.',
    means: 'The master does not count the bytes of its replication stream.',
    fix: 'Add the length of every byte sent on the stream (commands, SELECT, PING, GETACK) to the offset; +FULLRESYNC carries its value before the next byte.',
    source: 'redis 7.2.6 replication.c:feedReplicationBuffer, replicationSetupSlaveForFullResync',
    modes: [],
    explain:
      'The offset is the position in the stream, counted in bytes, the same number on the master and on a replica that has applied everything. WAIT compares it with the ACKs, PSYNC asks for it after a reconnect, failover picks the replica with the highest. With an offset that stays, WAIT returns at once or never, lag cannot be seen, and a partial resync skips or repeats data.',
  },
  {
    id: 'offset-counts-too-little',
    chapter: 'stream',
    severity: 'fault',
    seen: 'master_repl_offset grows by less than the bytes of the stream that a replica read.',
    means: 'The master counts something else than the bytes of its replication stream.',
    fix: 'Add to the offset the length of what is written to the replicas, byte for byte as it is on the wire: the `*` and `$` lines, every CR LF, SELECT, PING and GETACK included. Count where the bytes are written, not where the command is executed.',
    source: 'redis 7.2.6 replication.c:feedReplicationBuffer',
    modes: [],
    explain:
      'Home-made masters count commands, or the bytes of the arguments alone, or characters instead of bytes (the `length` of a string, which is less than its bytes as soon as a value is not ASCII), or leave out what no client sent: GETACK, PING, SELECT. The difference often gives the cause away: each of these is tried on what was read, alone and in pairs, and named where it comes out exactly. A replica counts what it reads: it acknowledges more than the master believes to have sent, so that WAIT is satisfied too early, and after a lost link it asks for a byte that the master takes for the future: each reconnect is a full sync.',
  },
  {
    id: 'fullresync-offset-differs',
    chapter: 'stream',
    severity: 'fault',
    seen: "+FULLRESYNC's offset is another than the one that master_repl_offset counts on from.",
    means: 'The master tells its replicas another position than the one it counts itself.',
    fix: 'Write the current master_repl_offset into +FULLRESYNC: the number of bytes of the stream before the next one that this replica gets. Keep one counter for both.',
    source: 'redis 7.2.6 replication.c:replicationSetupSlaveForFullResync',
    modes: [],
    explain:
      'A replica begins to count at the offset of +FULLRESYNC, adds every byte of the stream, acknowledges that sum and asks for the next byte after a reconnect. When the master counts from another number, the two differ by the same amount for ever: WAIT and the lag are wrong, and a partial resync is refused, or skips or repeats that many bytes.',
  },
  {
    id: 'stream-not-commands',
    chapter: 'stream',
    severity: 'fault',
    seen: 'The replication stream contains bytes that are no RESP array of bulk strings.',
    means: "Something else than commands was written to the replica's connection.",
    fix: 'Send only whole commands, as arrays of bulk strings, to a replica: no replies, no log text. REPLCONF ACK must not be answered.',
    source:
      'redis 7.2.6 networking.c:processInlineBuffer ("Receiving inline protocol from master"); redis issue 14975',
    modes: [80],
    explain:
      'The commonest intruder is a reply to REPLCONF ACK. A replica drops the link, because a stream once out of step stays so.',
  },
  {
    id: 'stream-stray-newline',
    chapter: 'stream',
    severity: 'fault',
    seen: 'CR LF or LF between two commands of the replication stream.',
    means: 'Empty lines were written into the stream.',
    fix: "Write commands alone, without a line end behind the last argument's own.",
    source: 'redis 7.2.6 networking.c:processInlineBuffer, replication.c:commandProcessed',
    modes: [80],
    explain:
      "A replica skips an empty line but counts its bytes, so its offset runs ahead of the master's, and a partial resync begins too late.",
  },
  {
    id: 'stream-without-select',
    chapter: 'stream',
    severity: 'fault',
    seen: 'After a full sync the first write comes without a SELECT, and the master has keys in other databases than 0.',
    means: 'A replica applies it to database 0, whichever it was meant for.',
    fix: 'Send SELECT before the first write after each full sync, and whenever the database changes.',
    source: 'redis 7.2.6 replication.c:replicationFeedSlaves',
    modes: [82],
    explain:
      'The stream carries no database with its commands: master and replica keep the selected one between them, and both start anew after a full sync. After +CONTINUE it is kept, and no SELECT comes.',
  },
  {
    id: 'stream-withheld',
    chapter: 'stream',
    severity: 'fault',
    seen: "The master's offset grows while the stream is followed, and not a byte of it arrives.",
    means: 'The master counts writes that it does not send to us.',
    fix: 'Put the replica on the list of those that are fed when its snapshot has been sent. In the EOF form the first REPLCONF ACK does it.',
    source: 'redis 7.2.6 replication.c:updateSlavesWaitingBgsave, replicaPutOnline, replicationFeedSlaves',
    modes: [74],
    explain:
      'In the EOF form a real master holds the stream back until the replica has acknowledged once, because it cannot tell otherwise that the snapshot was taken. With --follow we send `REPLCONF ACK 0` for that. A replica that does not gets nothing, and is dropped after repl-timeout.',
  },
  {
    id: 'stream-closed',
    chapter: 'stream',
    severity: 'fault',
    seen: 'The master closes the link while the stream is followed.',
    means: 'The master dropped its replica.',
    fix: 'See its log: "Disconnecting timedout replica", or an output buffer over its limit. Raise client-output-buffer-limit above repl-backlog-size.',
    source:
      'redis 7.2.6 replication.c:replicationCron, networking.c:checkClientOutputBufferLimits; redis issues 11246 and 11666',
    modes: [75, 91],
    explain:
      'After about repl-timeout (60 seconds) it is the silence: a replica has to send REPLCONF ACK each second, and we do not. Right after +CONTINUE it is the buffer: the backlog that is sent at once is larger than the limit.',
  },
  {
    id: 'closed-behind-snapshot',
    chapter: 'stream',
    severity: 'fault',
    seen: 'The master closes the connection right behind the last byte of the snapshot.',
    means:
      'The link of a replica is one connection that stays: the command stream follows the snapshot on it. A replica whose link ends here takes the snapshot again, for ever.',
    fix: "Do not end the socket after the RDB (`socket.end()`, a handler that returns, a request-and-answer framework): keep it, add it to the list of replicas, and write every command to it from then on. In a real Redis see the master's log.",
    source: 'redis 7.2.6 replication.c:readSyncBulkPayload, replicaPutOnline, replicationFeedSlaves',
    modes: [],
    explain:
      'The snapshot is no answer to a request: PSYNC turns the connection into a replication link, in which the RDB is followed by commands without an end. When it closes, a replica asks for a partial resync, and where that is refused for another full one: a loop of full syncs.',
  },
  {
    id: 'sentinel-hello-in-stream',
    chapter: 'stream',
    severity: 'warning',
    seen: '`PUBLISH __sentinel__:hello` in the replication stream.',
    means: 'Sentinels watch this master, and their announcements are replicated.',
    fix: 'Nothing within one group. Whoever forwards this stream to another group must leave them out.',
    source: 'RedisShake issues 255 and 846',
    modes: [89],
    explain:
      'Sentinels find each other by messages that they publish on the master. Copied into another group, they make its Sentinels believe that both are one, and watch the wrong servers.',
  },
  {
    id: 'replica-leaves-after-snapshot',
    chapter: 'replica-stream',
    severity: 'warning',
    seen: 'A replica takes a whole snapshot, closes the link without an ACK, and comes back for another one, again and again.',
    means: 'The replica cannot take the snapshot that it is sent.',
    fix: "Look in the replica's log. `Can't handle RDB format version 11`: the snapshot is newer than the replica. Write an RDB of the version that the oldest replica reads (10 for Redis 7.0, 9 for 5.0 to 6.2), or attach a newer replica.",
    source: 'redis 7.2.6 rdb.c:rdbLoadRio, replication.c:readSyncBulkPayload',
    modes: [],
    explain:
      'The wire shows no reason: a replica that cannot load a snapshot says so in its log alone, closes the link, and tries again at once. Each attempt costs its master a snapshot. Besides a version that is too new it may be a value of an unknown type, a module that the replica lacks, or a full disk.',
  },
]);
