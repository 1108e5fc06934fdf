/** Faults of a replica, as its master sees them: found by `serve --trace` (core/diagnosis/replica). */
import { entries } from '../entry.js';

export const REPLICA = entries([
  {
    id: 'psync-before-replies',
    chapter: 'replica-attach',
    severity: 'fault',
    seen: 'PSYNC arrives while answers to earlier commands of the same connection were not sent yet.',
    means: 'The replica sends PSYNC without having read the answers to its REPLCONFs.',
    fix: 'Read one answer for each command that was sent, then send PSYNC alone.',
    source: 'redis 7.2.6 replication.c:syncCommand ("SYNC and PSYNC are invalid with pending output")',
    explain:
      'What follows PSYNC on the connection is not RESP replies any more. A master refuses PSYNC while answers are still queued, because a replica could not tell them from the answer to PSYNC. AUTH and the REPLCONFs may travel together; PSYNC may not.',
  },
  {
    id: 'no-listening-port',
    chapter: 'replica-attach',
    severity: 'warning',
    seen: 'PSYNC, and no `REPLCONF listening-port` before it.',
    means: 'The master cannot say at which port this replica serves.',
    fix: 'Send `REPLCONF listening-port <port>` before PSYNC.',
    source: 'redis 7.2.6 replication.c:replconfCommand; sentinel.c:sentinelRefreshInstanceInfo',
    explain:
      'Replication works without it. But INFO and ROLE show port 0, and Sentinel and clients that look for replicas there cannot reach it: it will never be promoted. A Sentinel even remembers the address with port 0.',
  },
  {
    id: 'replconf-odd-options',
    chapter: 'replica-attach',
    severity: 'fault',
    seen: 'REPLCONF with an option that has no value.',
    means: 'Options of REPLCONF come in pairs; the whole command is refused with `-ERR syntax error`.',
    fix: 'Give each option its value: `REPLCONF capa eof capa psync2`, not `REPLCONF capa eof psync2`.',
    source: 'redis 7.2.6 replication.c:replconfCommand',
    explain: 'Nothing of such a command is applied, so what it announced is not known to the master.',
  },
  {
    id: 'replconf-option-unknown',
    chapter: 'replica-attach',
    severity: 'warning',
    seen: 'REPLCONF with an option that neither Redis nor Valkey has.',
    means: 'The master refuses the option, and does not read those that follow it in the same command.',
    fix: 'Correct its spelling, or send it in a REPLCONF of its own and pass over the error.',
    source: 'redis 7.2.6 replication.c:replconfCommand ("Unrecognized REPLCONF option"); redis issue 7723',
    explain: 'Options that stand before the unknown one have been applied, those behind it have not.',
  },
  {
    id: 'replica-sent-no-auth',
    chapter: 'replica-attach',
    severity: 'fault',
    seen: 'REPLCONF or PSYNC is answered `-NOAUTH`, and the replica has sent no AUTH.',
    means: 'The master wants a password, and the replica gives none.',
    fix: 'Send AUTH behind PING; on a Redis replica set masterauth (and masteruser for an ACL user).',
    source: 'redis 7.2.6 replication.c:syncWithMaster (RECV_PING_REPLY, SEND_HANDSHAKE)',
    explain:
      'A real replica passes over -NOAUTH to PING and to REPLCONF, then PSYNC is refused, it falls back to SYNC, and that is refused, too: its log says "MASTER aborted replication", far from the cause.',
  },
  {
    id: 'silent-before-psync',
    chapter: 'replica-attach',
    severity: 'fault',
    seen: 'REPLCONF was answered, and for seconds nothing follows.',
    means: 'The replica does not go on to PSYNC.',
    fix: 'Look where it waits: most often it expects an answer that was sent already, in the same segment as another one.',
    source: 'redis 7.2.6 replication.c:syncWithMaster (RECV_CAPA_REPLY, SEND_PSYNC)',
    explain:
      'Answers to several commands may arrive in one read. A replica that takes one answer from each read waits for ever for the second one.',
  },
  {
    id: 'psync-malformed',
    chapter: 'replica-attach',
    severity: 'fault',
    seen: 'PSYNC with other arguments than an id and an integer.',
    means:
      'The master answers `-ERR value is not an integer or out of range`, or that the number of arguments is wrong.',
    fix: 'Send `PSYNC ? -1` for a full sync, `PSYNC <replid> <offset applied + 1>` to go on.',
    source: 'redis 7.2.6 replication.c:syncCommand, masterTryPartialResynchronization',
    explain: 'Two arguments, both of them always: a replica that holds nothing says so by `?` and `-1`.',
  },
  {
    id: 'talks-while-waiting',
    chapter: 'replica-attach',
    severity: 'warning',
    seen: 'Bytes from the replica between PSYNC and the answer to it.',
    means: 'The replica talks while its snapshot is prepared, which puts the snapshot off.',
    fix: 'Send nothing between PSYNC and +FULLRESYNC, no ACK and no line feed.',
    source: 'redis 7.2.6 replication.c:shouldStartChildReplication; networking.c:readQueryFromClient',
    explain:
      'A diskless master waits repl-diskless-sync-delay seconds for more replicas, counted from the last byte that it read from this one. A replica that sends an ACK each second is never served.',
  },
  {
    id: 'replica-sends-commands',
    chapter: 'replica-attach',
    severity: 'fault',
    seen: 'After PSYNC the replica sends commands other than REPLCONF ACK.',
    means:
      'The connection belongs to the stream now: a command that would be answered gets the replica disconnected.',
    fix: 'Use a second connection for INFO, PING and everything else.',
    source:
      'redis 7.2.6 server.c:processCommand ("Replica can\'t interact with the keyspace"); networking.c:_addReplyToBufferOrList',
    explain:
      'An answer would stand in the middle of the command stream, where the replica could not tell it from a command. A second PSYNC on the same connection is ignored without a word.',
  },
  {
    id: 'silent-while-loading',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'After the snapshot nothing comes for seconds, then the first ACK.',
    means:
      'The replica is silent while it loads; when that takes longer than repl-timeout, the master disconnects it.',
    fix: 'Send a bare line feed each second while the snapshot is loaded.',
    source:
      'redis 7.2.6 replication.c:replicationSendNewlineToMaster, replicationCron; networking.c:processInlineBuffer',
    explain:
      'With a large data set this becomes a loop: full sync, load, disconnected, full sync. The line feed counts as a sign of life and is not part of any command.',
  },
  {
    id: 'first-ack-missing',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'The snapshot came in the `$EOF:` form, and no ACK follows its end.',
    means: 'The master holds the stream back until the first ACK, and it does not come.',
    fix: 'Send `REPLCONF ACK <offset of +FULLRESYNC>` as soon as the snapshot is loaded.',
    source: 'redis 7.2.6 replication.c:updateSlavesWaitingBgsave, replicaPutOnline',
    explain:
      'In this form only the replica knows where the snapshot ends. The master cannot tell when it is through, so it waits for an ACK before it sends anything else. A replica that announces `capa eof` has to know this.',
  },
  {
    id: 'no-acks',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'No ACK at all, or none for many seconds.',
    means: 'The master does not learn how far the replica is, and disconnects it after repl-timeout.',
    fix: 'Send `REPLCONF ACK <offset>` once a second, whether anything has changed or not.',
    source: 'redis 7.2.6 replication.c:replicationCron ("Disconnecting timedout replica"); redis issue 11246',
    explain:
      'WAIT does not count such a replica, min-replicas-to-write neither. Only replicas that came with SYNC are spared.',
  },
  {
    id: 'ack-malformed',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'REPLCONF ACK without an offset, or with something that is no number.',
    means: 'The master cannot read it, and does as if nothing had come.',
    fix: 'Send `REPLCONF ACK <offset>`, the offset in decimal digits; with an AOF `REPLCONF ACK <offset> FACK <offset>`.',
    source: 'redis 7.2.6 replication.c:replconfCommand',
    explain: 'With an odd number of words behind REPLCONF it is answered by an error, which ends the link.',
  },
  {
    id: 'getack-counted-early',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'The answer to `REPLCONF GETACK *` is 37 too large, or more.',
    means: 'The replica counted the GETACK before it answered it.',
    fix: 'Answer with the number of bytes before the GETACK, and add its 37 bytes afterwards.',
    source: 'redis 7.2.6 networking.c:commandProcessed; replication.c:replicationSendAck',
    explain:
      'The offset moves when a command has been executed. While GETACK is executed its own bytes are not in it. Tests for replicas look for just this: the first answer after the snapshot is the offset of +FULLRESYNC.',
  },
  {
    id: 'getack-unanswered',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: '`REPLCONF GETACK *` in the stream, and no ACK for it.',
    means: 'The replica passes over GETACK, so WAIT on the master runs into its time-out.',
    fix: 'Answer `REPLCONF GETACK *` at once with `REPLCONF ACK <offset>`, on the same connection.',
    source: 'redis 7.2.6 replication.c:replconfCommand, replicationRequestAckFromSlaves',
    explain:
      'It is the only command of the stream that is answered. Words are compared without regard to case.',
  },
  {
    id: 'ack-counts-snapshot',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'The offset is too large by just the size of the snapshot or of the replies before it.',
    means: 'The replica counts bytes that are no part of the stream.',
    fix: 'Begin at the offset of +FULLRESYNC with the first byte behind the snapshot.',
    source: 'redis 7.2.6 replication.c:replicationCreateMasterClient, networking.c:commandProcessed',
    explain:
      'Not counted: replies, the +FULLRESYNC line, line feeds, the `$` header, the snapshot and its end mark. Counted: every byte after that, PING, SELECT and GETACK included.',
  },
  {
    id: 'ack-from-zero',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'The offset is smaller than the one that the replica was told in the answer to PSYNC.',
    means: 'The replica counts from 0 instead of from the offset of +FULLRESYNC.',
    fix: 'Take the number behind the id in `+FULLRESYNC <id> <offset>` as the beginning; after +CONTINUE go on from where you were.',
    source: 'redis 7.2.6 replication.c:slaveTryPartialResynchronization (master_initial_offset)',
    explain:
      'It goes well with a master that has just started, whose offset is 0, and with no other: there WAIT never counts the replica, and its next PSYNC asks for data that is long gone.',
  },
  {
    id: 'ack-misses-commands',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'The offset is too small by what the PINGs, SELECTs, GETACKs or MULTIs took.',
    means: 'The replica counts only some of the commands of the stream.',
    fix: 'Add the length of every command as it came, whatever it is.',
    source:
      'redis 7.2.6 networking.c:commandProcessed; replication.c:replicationCron (PING), replicationFeedSlaves (SELECT)',
    explain:
      'A PING of the master is 14 bytes, every ten seconds: such a replica falls further and further behind without missing anything.',
  },
  {
    id: 'ack-ahead',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'The offset is larger than everything that the replica was sent.',
    means: 'The replica counts something twice, or something that is no part of the stream.',
    fix: 'Count each byte behind the snapshot once, when its command has been executed.',
    source: 'redis 7.2.6 replication.c:replconfCommand; redis issue 3884',
    explain:
      'WAIT is satisfied by writes that never arrived. At the next reconnect the master says that the offset is greater than its own, and makes a full sync.',
  },
  {
    id: 'ack-counts-line-end',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'The offset is 2 too large from the snapshot on.',
    means: 'A CR LF behind the snapshot has been counted.',
    fix: 'A snapshot is followed by nothing: no CR LF is sent behind it, and none is expected.',
    source: 'redis issue 10060; redis 7.2.6 networking.c:processInlineBuffer, commandProcessed',
    explain:
      'When the master sends the CR LF, a real replica skips it and counts it: the master is at fault. When it does not, the replica adds the two bytes of a bulk string by itself. In both cases each partial resync begins 2 bytes too late.',
  },
  {
    id: 'ack-inside-command',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'The offset lies in the middle of a command.',
    means:
      'The replica acknowledges bytes that it has read, not commands that it has executed; or its count is wrong.',
    fix: 'Move the offset by the length of a command when that command has been executed.',
    source: 'redis 7.2.6 networking.c:commandProcessed (reploff and read_reploff are two counters)',
    explain:
      'After a reconnect the stream would go on in the middle of a command. The counter of what was read is another one, for the replica itself.',
  },
  {
    id: 'ack-inside-transaction',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'The offset lies between MULTI and EXEC.',
    means: 'The replica acknowledges part of a transaction.',
    fix: 'Let the offset stand still from MULTI on, and move it behind EXEC.',
    source: 'redis 7.2.6 networking.c:commandProcessed (CLIENT_MULTI)',
    explain:
      'If the link breaks there, the replica goes on behind commands that it has queued and never executed: they are lost.',
  },
  {
    id: 'ack-went-back',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: 'An ACK with a smaller offset than one before it on the same connection.',
    means: 'The replica has two counts, or lost its own.',
    fix: 'Keep one counter per link, and never set it back while the link stands.',
    source: 'redis 7.2.6 replication.c:replconfCommand keeps the larger one',
    explain:
      'A master keeps the highest offset it was told, so WAIT goes by a number that the replica has taken back.',
  },
  {
    id: 'replies-to-stream',
    chapter: 'replica-stream',
    severity: 'fault',
    seen: '`+OK`, `-ERR ...` or another reply from the replica on the replication link.',
    means: 'The replica answers the commands of the stream.',
    fix: 'Execute what comes from the master without writing a reply. Only REPLCONF GETACK is answered.',
    source:
      'redis 7.2.6 networking.c:prepareClientToWrite (CLIENT_MASTER), processInlineBuffer; redis issues 5724, 9107',
    explain:
      'The master reads such a reply as an inline command, does not know it, and answers it by an error, which lands in the stream; newer ones disconnect the replica.',
  },
  {
    id: 'newline-before-ack',
    chapter: 'replica-stream',
    severity: 'warning',
    seen: 'A line feed and an ACK behind it in one write, again and again.',
    means: 'Masters before 2018 take the two together for an unknown command.',
    fix: 'Send line feeds by themselves, and only while a snapshot is loaded.',
    source: 'redis pull request 5135',
    explain: 'Redis up to 4.0.10 trims the line feed wrongly when more follows in the same read.',
  },
]);
