/** Faults of the answers to PING and REPLCONF. */
import { entries } from '../entry.js';

export const INTRODUCE = entries([
  {
    id: 'ping-refused',
    chapter: 'introduce',
    severity: 'fault',
    seen: 'PING is answered by an error that is none of the known refusals, such as `-ERR unknown command` or an error of your own.',
    means: 'A replica gives up here: it takes PING for refused.',
    fix: 'Answer PING with `+PONG\\r\\n` on every connection, before anything is known of the client. Where a login is wanted first, answer `-NOAUTH Authentication required.`, over which a replica goes on to AUTH.',
    source: 'redis 7.2.6 replication.c:syncWithMaster ("Error reply to PING from master")',
    modes: [],
    explain:
      'PING is the first thing that a replica says, as a client without a name and without a login. Of the errors to it a replica passes over three, because they only mean that a login comes first: NOAUTH, NOPERM, and the `operation not permitted` of old servers. At any other it logs the error, closes the connection, and begins again a second later, for ever; neither REPLCONF nor PSYNC is sent.',
  },
  {
    id: 'wrong-reply-type',
    chapter: 'introduce',
    severity: 'fault',
    seen: 'PING is answered by something that does not begin with `+`, such as `$4` CR LF `PONG`, or `PONG`.',
    means: 'The answer has the wrong RESP type.',
    fix: 'Answer PING with the simple string `+PONG\\r\\n`, as a client without arguments gets it.',
    source: 'redis 7.2.6 replication.c:syncWithMaster looks at the first byte',
    modes: [22],
    explain:
      'A replica reads one line and accepts it when it begins with a plus sign (or is one of three login errors). A bulk string is a line with a length first, so the handshake ends there.',
  },
  {
    id: 'odd-reply',
    chapter: 'introduce',
    severity: 'warning',
    seen: 'PING or REPLCONF is answered by a status that is not the usual one, such as `+pong`, or by a number.',
    means: 'A replica takes it; other clients and tools may not.',
    fix: 'Answer `+PONG\\r\\n` and `+OK\\r\\n`, byte for byte.',
    source: 'redis 7.2.6 replication.c:syncWithMaster looks at the first byte only',
    modes: [22],
    explain:
      'A replica wants PING to be answered by something that begins with a plus sign, and REPLCONF by something that does not begin with a minus sign. Sentinel, health checks and client libraries compare the whole word.',
  },
  {
    id: 'missing-line-end',
    chapter: 'introduce',
    severity: 'fault',
    seen: 'An answer arrives without CR LF, and nothing more comes.',
    means: 'The answer is right as far as it goes, but the line is not ended.',
    fix: 'End every simple string and every error with `\\r\\n`.',
    source: 'redis 7.2.6 syncio.c:syncReadLine',
    modes: [47],
    explain: 'A replica reads up to the LF. Without one it waits for 5 seconds and drops the connection.',
  },
  {
    id: 'line-feed-only',
    chapter: 'introduce',
    severity: 'warning',
    seen: 'An answer is ended by LF alone, without the CR before it.',
    means: 'A replica reads up to the LF and takes it; clients, Sentinel and tools wait for CR LF.',
    fix: 'End every line with the two bytes `\\r\\n`.',
    source:
      'redis 7.2.6 syncio.c:syncReadLine drops a CR where there is one; hiredis read.c:seekNewline wants it',
    modes: [47],
    explain:
      'The handshake of a replica goes on by luck: it cuts its lines at the LF. Every other reader of RESP looks for CR LF, so that the same answer never ends for a client library.',
  },
  {
    id: 'replconf-unanswered',
    chapter: 'introduce',
    severity: 'fault',
    seen: 'REPLCONF listening-port, ip-address or capa is never answered; PING was.',
    means: 'The server swallows REPLCONF as if it were an acknowledgement.',
    fix: 'Answer `+OK\\r\\n` to every REPLCONF but ACK (no answer ever) and GETACK.',
    source: 'redis 7.2.6 replication.c:replconfCommand',
    modes: [26],
    explain:
      'REPLCONF has two lives. Before PSYNC it introduces a replica and is answered like any command. After it, `REPLCONF ACK <offset>` comes once a second and must stay unanswered, or the answer would end up in the stream.',
  },
  {
    id: 'one-command-per-read',
    chapter: 'introduce',
    severity: 'fault',
    seen: 'Several commands in one segment; only the first is answered.',
    means: 'The server handles one command for each read of its socket.',
    fix: 'Put what was read into a buffer and parse commands out of it until none is whole; then read on.',
    source: 'redis 7.2.6 replication.c:syncWithMaster sends AUTH and the REPLCONFs together (since 6.2)',
    modes: [27],
    explain:
      'TCP has no messages: one read may bring half a command or ten. Replicas up to 6.0 wait for each answer, so such a server works with them; since 6.2 a replica sends its whole introduction in one write, gets one answer, and gives up after 5 seconds.',
  },
  {
    id: 'case-sensitive-commands',
    chapter: 'introduce',
    severity: 'warning',
    seen: 'A command or an option is refused in lower or upper case that is accepted in the other.',
    means: 'Names are compared with their case.',
    fix: 'Compare names of commands and options without regard to case.',
    source:
      'redis 7.2.6 server.c:lookupCommand (the command table ignores case), replication.c:replconfCommand (strcasecmp)',
    modes: [28],
    explain:
      'A replica sends PING, REPLCONF and PSYNC in upper case and the options in lower case, but other tools do not; and a master of your own that is a replica one day gets `ping` in lower case in the stream of a real Redis.',
  },
  {
    id: 'replconf-unknown',
    chapter: 'introduce',
    severity: 'warning',
    seen: 'REPLCONF is answered by an error.',
    means: 'The server does not know REPLCONF, or not this option. A replica passes over it.',
    fix: 'A server of your own should answer `+OK` to options it knows and `-ERR Unrecognized REPLCONF option: <name>` to others; unknown capa values are ignored.',
    source: 'redis 7.2.6 replication.c:replconfCommand, syncWithMaster ("Non critical")',
    modes: [23],
    explain:
      'PSYNC decides, not REPLCONF. But without `capa psync2` the master cannot tell a new replication id with +CONTINUE, and without listening-port INFO lists the replica with port 0. Options after an unknown one in the same command are not applied.',
  },
  {
    id: 'replconf-option-refused',
    chapter: 'introduce',
    severity: 'warning',
    seen: '`-ERR Unrecognized REPLCONF option: <name>`.',
    means: 'The master is older than the option. A replica passes over it.',
    fix: 'Nothing, for version, capa and rdb-channel. Send options that matter in a command of their own.',
    source: 'redis 7.2.6 replication.c:replconfCommand; redis issue 7723',
    modes: [24],
    explain:
      'Options are read from left to right, and the first unknown one ends the command: those before it were applied, those behind it were not. Unknown values of capa are no error.',
  },
  {
    id: 'replconf-syntax',
    chapter: 'introduce',
    severity: 'warning',
    seen: '`-ERR syntax error` or a wrong number of arguments, to a REPLCONF whose options came in pairs.',
    means: 'The server reads the options of REPLCONF otherwise than Redis.',
    fix: 'Take any number of pairs of option and value: `REPLCONF capa eof capa psync2` has two.',
    source: 'redis 7.2.6 replication.c:replconfCommand',
    modes: [25],
    explain:
      'Redis itself gives a syntax error when an option lacks its value. A server that takes one pair only refuses the capabilities of every real replica, which come together in one command, and then knows neither eof nor psync2.',
  },
  {
    id: 'announce-ip-too-long',
    chapter: 'introduce',
    severity: 'warning',
    seen: '`-ERR REPLCONF ip-address provided by replica instance is too long: N bytes`.',
    means: 'The announced host name does not fit: the limit is 255 bytes.',
    fix: 'Shorten replica-announce-ip (here: --announce-ip).',
    source: 'redis 7.2.6 replication.c:replconfCommand',
    modes: [29],
    explain:
      'A replica passes over the error, and the master lists it under the address that it comes from, so that Sentinel and INFO show an address that may not be reachable.',
  },
]);
