/** Ids and offsets, partial resyncs that were refused, and how the master counts us. */
import { entries } from '../entry.js';

export const POSITION = entries([
  {
    id: 'replid-not-hex',
    chapter: 'position',
    severity: 'warning',
    seen: 'The id of +FULLRESYNC has 40 characters, but other ones than 0-9 and a-f.',
    means: 'A replica keeps the id as it is; tools that check it do not.',
    fix: 'Make the id of 40 random lower-case hex digits.',
    source:
      'redis 7.2.6 server.c:changeReplicationId, replication.c:slaveTryPartialResynchronization (checks the length alone)',
    modes: [45],
    explain:
      'Redis compares ids without regard to case and never looks at the digits. But the id goes into RDB files, INFO and Sentinel, and others parse it.',
  },
  {
    id: 'fullresync-other-id',
    chapter: 'position',
    severity: 'fault',
    seen: "+FULLRESYNC names another id than INFO's master_replid right after it.",
    means: 'The replica keeps an id that the master does not know: each reconnect is a full sync.',
    fix: 'Make the replication id once, when the master starts, and use it in every +FULLRESYNC, in +CONTINUE and as master_replid of INFO.',
    source: 'redis 7.2.6 replication.c:replicationSetupSlaveForFullResync sends server.replid',
    modes: [],
    explain:
      'The id names the history of the data, not the sync: all replicas of a master have the same one. A real master makes a new one when it starts, when it is promoted, and when its first replica comes after a time without a backlog; INFO shows it at once.',
  },
  {
    id: 'bare-continue',
    chapter: 'position',
    severity: 'fault',
    seen: '`+CONTINUE` without an id, although `capa psync2` was announced.',
    means: 'The master lets the replica continue but does not name its replication id.',
    fix: 'To a replica that announced psync2 answer `+CONTINUE <replid>\\r\\n`; the bare form is for those that did not.',
    source: 'redis 7.2.6 replication.c:masterTryPartialResynchronization',
    modes: [48],
    explain:
      'The id is how a replica learns that its master was promoted or follows another history now. Without it the replica keeps the old id, hands it to its own sub-replicas, and their next PSYNC is refused, or worse, accepted.',
  },
  {
    id: 'continue-wrong-id',
    chapter: 'position',
    severity: 'fault',
    seen: '`+CONTINUE <something>` whose id has not 40 characters.',
    means: 'The id cannot be a replication id, so a replica ignores it.',
    fix: 'Send the 40 hex digits of master_replid.',
    source: 'redis 7.2.6 replication.c:slaveTryPartialResynchronization',
    modes: [],
    explain:
      'A replica looks at the length alone. With another length it goes on under the old id, as after a bare +CONTINUE.',
  },
  {
    id: 'continue-new-id',
    chapter: 'position',
    severity: 'warning',
    seen: '`+CONTINUE <id>` with another id than the one asked for.',
    means: 'The master was promoted, or follows another master now: its history goes on under a new id.',
    fix: 'Take the new id and keep the offset; the old id stays valid up to here.',
    source: 'redis 7.2.6 replication.c:slaveTryPartialResynchronization, shiftReplicationId',
    modes: [96],
    explain:
      'This is how a replica learns of a failover without a full sync. A replica with sub-replicas drops their links now, so that they ask again and learn it, too.',
  },
  {
    id: 'probe-needs-backlog',
    chapter: 'position',
    severity: 'warning',
    seen: 'INFO says repl_backlog_active:0, or does not tell id, offset and backlog.',
    means: 'The current position cannot be asked for without a snapshot: not probed, PSYNC was not sent.',
    fix: 'A master makes its backlog when its first replica attaches. Attach one, or run without --probe and pay for a full sync.',
    source: 'redis 7.2.6 replication.c:masterTryPartialResynchronization, syncCommand; redis issue 9742',
    modes: [95],
    explain:
      'The probe sends `PSYNC <master_replid> <master_repl_offset + 1>`, which a master with a backlog answers by +CONTINUE and no data. Without one, the same request would make it fork for a snapshot.',
  },
  {
    id: 'probe-got-fullresync',
    chapter: 'position',
    severity: 'fault',
    seen: "`+FULLRESYNC` in answer to a PSYNC for the master's own id and current offset.",
    means: 'The master does not continue a replica that misses nothing: every reconnect is a full sync.',
    fix: 'Accept a PSYNC whose id is yours and whose offset lies in first_byte_offset ... first_byte_offset + histlen; the offset asked for is that of the first byte wanted: a replica that has all N bytes asks for N + 1.',
    source: 'redis 7.2.6 replication.c:masterTryPartialResynchronization',
    modes: [],
    explain:
      'Either the backlog is not consulted, or the offset is compared off by one: a replica that has applied everything up to N asks for N + 1. (On a busy master with a tiny backlog the offset of INFO may already be gone when PSYNC arrives.)',
  },
  {
    id: 'continue-off-by-one',
    chapter: 'position',
    severity: 'fault',
    seen: 'Behind +CONTINUE the stream begins one byte before or behind the one that PSYNC asked for: with the line end of the command before, or without the `*` of the next one.',
    means:
      'The master takes the offset of PSYNC for the last byte that the replica has, or counts its first byte as 0.',
    fix: 'The offset of PSYNC is the number of the first byte that is wanted, and the first byte of the stream is number 1: a replica that has N bytes asks for N + 1. Behind +CONTINUE send the bytes from that number on: `backlog.subarray(asked - firstByteOffset)`, where firstByteOffset is the number of the first byte in the backlog.',
    source:
      'redis 7.2.6 replication.c:masterTryPartialResynchronization, addReplyReplicationBacklog, slaveTryPartialResynchronization (asks for reploff + 1)',
    modes: [],
    explain:
      'A byte too many is skipped as an empty line where it is the last one of a command, but it is counted: from then on the replica is one ahead of its master, and each reconnect adds one more. A byte too few swallows the `*` of a command: what follows is no RESP, and the replica drops the link. Both are seen only where the link was lost, never in a full sync.',
  },
  {
    id: 'continue-ignores-offset',
    chapter: 'position',
    severity: 'fault',
    seen: 'PSYNC for an earlier byte of the stream is answered by +CONTINUE, and the bytes from there on do not follow: nothing comes, or something else.',
    means: 'The master lets a replica continue without sending it what it missed.',
    fix: 'Keep the last bytes of the stream in a backlog. Behind +CONTINUE send all of it from the asked byte on, and then what is written next; answer +FULLRESYNC when the asked byte is not in it.',
    source: 'redis 7.2.6 replication.c:masterTryPartialResynchronization, addReplyReplicationBacklog',
    modes: [],
    explain:
      'A replica that lost its link asks for the first byte that it lacks. A bare +CONTINUE makes it believe that nothing was written meanwhile: it misses those writes for ever, and its offset is behind its master by as many bytes, without an error anywhere. A stream that begins elsewhere applies writes twice. A master without a backlog is simple and right when it answers every PSYNC by +FULLRESYNC.',
  },
  {
    id: 'offset-inside-command',
    chapter: 'position',
    severity: 'warning',
    seen: 'With --replid and --offset: the stream behind +CONTINUE does not begin with a command.',
    means: 'The offset that was given does not lie where a command begins.',
    fix: "Give the first byte wanted: the replica's slave_repl_offset plus one.",
    source: 'redis 7.2.6 replication.c:slaveTryPartialResynchronization (asks for reploff + 1)',
    modes: [],
    explain:
      'A master sends its backlog from the asked byte on, wherever that lies: it does not know where commands begin. The offset of a replica is the last byte that it has applied, the end of a command, so that the byte behind it begins one. Which of the two sides is off by one cannot be told from a single position that somebody gave; a handshake with --follow asks for one that it has read itself.',
  },
  {
    id: 'first-replica',
    chapter: 'position',
    severity: 'warning',
    seen: 'A position was asked for and a full sync came; INFO said repl_backlog_active:0 and sync_full:0.',
    means: 'The master has never had a replica, so it has no backlog to continue from.',
    fix: 'Let the first replica make its full sync, and use the id of its +FULLRESYNC, never one of an earlier INFO.',
    source: 'redis 7.2.6 replication.c:syncCommand (creates the backlog and a new id)',
    modes: [95],
    explain:
      'Without a backlog a master counts nothing exactly. When the first replica attaches, it makes a backlog and takes a new id at that moment, so that an id read before is worth nothing.',
  },
  {
    id: 'backlog-expired',
    chapter: 'position',
    severity: 'warning',
    seen: 'A position was asked for and a full sync came; INFO said repl_backlog_active:0, but there were replicas before.',
    means: 'The master freed its backlog after an hour without replicas, and changed its id.',
    fix: 'Set `repl-backlog-ttl 0` to keep the backlog for ever, or a longer time than your longest maintenance.',
    source: 'redis 7.2.6 replication.c:replicationCron, freeReplicationBacklog; redis issue 5484',
    modes: [94],
    explain:
      'Since nobody counts what is written meanwhile, the old id must not be used again: the next attach is a full sync.',
  },
  {
    id: 'resync-other-history',
    chapter: 'position',
    severity: 'warning',
    seen: 'A position was asked for and a full sync came; its id is neither master_replid nor master_replid2.',
    means: 'The master does not share that history: it was restarted without its id, or is another one.',
    fix: 'Let the master save an RDB when it ends (`save` points, or SHUTDOWN SAVE): the id is kept in it. Check that the address still leads to the same server.',
    source: 'redis 7.2.6 replication.c:masterTryPartialResynchronization; redis issues 13879, 6718, 8015',
    modes: [92],
    explain:
      "A master that starts without an RDB has a new id and no data, and its replicas' full sync empties them, too. That is how a restart of an unsaved master wipes a group.",
  },
  {
    id: 'resync-beyond-promotion',
    chapter: 'position',
    severity: 'warning',
    seen: 'A position was asked for and a full sync came; its id is master_replid2 and its offset lies beyond second_repl_offset.',
    means:
      'The replica is ahead of the point at which this master was promoted: it has seen bytes that the new master never got.',
    fix: 'Drain before a failover: FAILOVER does it. What lies between is lost; keep a copy before the full sync overwrites it.',
    source:
      'redis 7.2.6 replication.c:masterTryPartialResynchronization ("Requested offset for second ID was"); redis issues 12113, 4819, 7143',
    modes: [93],
    explain:
      'The promoted replica was behind. Pings count, too: a difference of 14 bytes is one PING, and no data.',
  },
  {
    id: 'resync-ahead',
    chapter: 'position',
    severity: 'warning',
    seen: 'A position was asked for and a full sync came; its offset lies beyond master_repl_offset + 1.',
    means: 'The replica counted more bytes than the master ever sent.',
    fix: 'On a replica of your own count every byte after the snapshot once, and nothing before it: not the handshake, not the RDB. Ask for the last byte held plus one.',
    source:
      'redis 7.2.6 replication.c:masterTryPartialResynchronization, addReplyReplicationBacklog; redis issue 3884',
    modes: [78],
    explain:
      'Either the master lost writes in a restart, or the replica counts twice, counts empty lines, or counts GETACK before it answers it.',
  },
  {
    id: 'resync-behind-backlog',
    chapter: 'position',
    severity: 'warning',
    seen: 'A position was asked for and a full sync came; its offset lies before repl_backlog_first_byte_offset.',
    means: 'The backlog does not reach back that far.',
    fix: 'Raise repl-backlog-size: bytes written per second times the longest outage to be covered. `redis-ts inspect` measures it.',
    source:
      'redis 7.2.6 replication.c:masterTryPartialResynchronization ("lack of backlog"); redis issues 11534, 13404, 9503',
    modes: [90],
    explain:
      'The backlog is 1 MB by default (10 MB in Valkey 8), which is about a second of a busy master. A replica that was away for longer takes the whole snapshot again.',
  },
  {
    id: 'listed-under-other-address',
    chapter: 'position',
    severity: 'warning',
    seen: 'The master lists us with another ip than the one that we come from.',
    means: 'Between us and the master addresses are translated: NAT, a container network, a mesh or a proxy.',
    fix: 'On real replicas behind it set replica-announce-ip and replica-announce-port, or Sentinel and clients are sent to addresses that lead nowhere.',
    source:
      'redis 7.2.6 replication.c:replconfCommand, server.c:genRedisInfoString; redis issues 2335 and 6218',
    modes: [98],
    explain:
      'Without an announced address a master lists the one that the socket shows. Several replicas behind one gateway then look like one.',
  },
  {
    id: 'closed-replicas-stay-listed',
    chapter: 'position',
    severity: 'warning',
    seen: 'A connection of ours is closed, and INFO replication still has its slaveN line.',
    means: 'The master does not take a replica off its list when the connection ends.',
    fix: "On the socket's `close` and `error` remove the replica from the list that is fed, counted and shown.",
    source: 'redis 7.2.6 networking.c:freeClient (takes a replica off the list when its socket ends)',
    modes: [],
    explain:
      'Each lost link leaves one more behind: the master writes the stream to sockets that are gone, counts them in connected_slaves, WAIT and min-replicas-to-write, and Sentinel may choose one of them in a failover. A real master learns of a closed socket at once; of a host that vanished without a word after repl-timeout.',
  },
  {
    id: 'sentinel-watches',
    chapter: 'position',
    severity: 'warning',
    seen: 'CLIENT LIST shows connections named sentinel-...-cmd.',
    means: 'A Sentinel watches this master, and lists everything that attaches to it as a replica.',
    fix: 'Attach to a replica of this master instead: no Sentinel counts what is attached there. If we were remembered, `SENTINEL RESET <name>` makes it forget; never announce, with --listening-port, the port of another server on this host, which would be taken for a replica.',
    source:
      'redis 7.2.6 sentinel.c:sentinelRefreshInstanceInfo; RedisShake issues 614 and 846, redis issues 14728 and 9742',
    modes: [88],
    explain:
      'Sentinel reads the slaveN lines of INFO every ten seconds and never forgets one. A tool that was attached at that moment stays as a replica that is down, and counts among those that a failover considers.',
  },
  {
    id: 'counts-for-min-replicas',
    chapter: 'position',
    severity: 'warning',
    seen: 'CONFIG GET min-replicas-to-write is above 0.',
    means:
      'While we are attached we may count as a replica that is there, so that the master takes writes that it should refuse.',
    fix: 'Keep the visit short, or attach to a replica. Without acknowledgements we stop to count after min-replicas-max-lag.',
    source: 'redis 7.2.6 replication.c:refreshGoodSlavesCount',
    modes: [88],
    explain:
      'A replica counts as good when it is online and its last acknowledgement is young; attaching counts as one.',
  },
]);
