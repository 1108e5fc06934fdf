/** Faults of login and rights, and states in which a master takes no replica. */
import { entries } from '../entry.js';

export const LOGIN = entries([
  {
    id: 'noauth',
    chapter: 'login',
    severity: 'fault',
    seen: '`-NOAUTH Authentication required.` to PSYNC (a real replica passes over it at PING and REPLCONF).',
    means: 'The server wants a password and none was given.',
    fix: 'Give --pass (and --user), or REDISCLI_AUTH. On a real replica: `masterauth`, and `masteruser` with ACLs.',
    source: 'redis 7.2.6 server.c:processCommand; bitnami-docker-redis issue 228, KeyDB issue 26',
    explain:
      'Without masterauth a replica gets this error to PING, takes it as a sign of life, gets it again to each REPLCONF and to PSYNC, falls back to SYNC, and ends with "MASTER aborted replication with an error: NOAUTH". Set a password on the master and masterauth on every replica together.',
  },
  {
    id: 'wrongpass',
    chapter: 'login',
    severity: 'fault',
    seen: '`-WRONGPASS invalid username-password pair or user is disabled.` (before 6.0: `-ERR invalid password`).',
    means: 'User or password is wrong, or the user is switched off.',
    fix: 'Check the password; `ACL LIST` shows whether the user is `on`. `requirepass` sets the password of the user `default` only.',
    source: 'redis 7.2.6 acl.c:authCommand',
    explain:
      "Any error to AUTH ends a replica's attempt; it tries again each second, and each try is in `ACL LOG`.",
  },
  {
    id: 'auth-without-password',
    chapter: 'login',
    severity: 'fault',
    seen: '`-ERR AUTH <password> called without any password configured for the default user ...`',
    means: 'A password was given to a server that has none.',
    fix: 'Drop the password here, or set one there. A real replica cannot attach either: any error to AUTH is fatal.',
    source: 'redis 7.2.6 acl.c:authCommand, replication.c:syncWithMaster',
    explain:
      'This happens after a master lost its configuration, or was restarted without requirepass, while its replicas still have masterauth. Clients with no password work, replication stops.',
  },
  {
    id: 'auth-unknown',
    chapter: 'login',
    severity: 'fault',
    seen: 'AUTH is answered by an error that is none of the known ones, such as an unknown command or a wrong number of arguments.',
    means: 'The server does not know AUTH in this form.',
    fix: 'Without ACLs (before Redis 6.0) AUTH takes the password only: leave --user out. A server of your own must answer `+OK` to the right password.',
    source: 'redis 7.2.6 replication.c:syncWithMaster',
    explain: "Any error to AUTH ends a replica's attempt, whatever its text.",
  },
  {
    id: 'noperm-psync',
    chapter: 'login',
    severity: 'fault',
    seen: "`-NOPERM User ... has no permissions to run the 'psync' command` (or ping, replconf, sync).",
    means: 'The ACL of this user does not allow replication.',
    fix: "Minimal rule for a replica's user: `ACL SETUSER name on >password +psync +replconf +ping`. For `inspect` add `+info +role`.",
    source: 'redis issues 7180 and 6985; redis 7.2.6 acl.c:getAclErrorMessage',
    explain:
      'PSYNC, SYNC and REPLCONF are in the categories @admin, @slow, @dangerous: a user made with `-@dangerous` or `-@admin` loses them. A replica takes the error to PSYNC for a master that knows no PSYNC and tries SYNC, which fails the same way.',
  },
  {
    id: 'loading',
    chapter: 'state',
    severity: 'fault',
    seen: '`-LOADING Redis is loading the dataset in memory` to PING or PSYNC; REPLCONF is answered.',
    means: 'The server reads its data set from disk (or is a replica that loads a snapshot).',
    fix: 'Wait. `INFO persistence` works meanwhile: loading_eta_seconds tells how long.',
    source: 'redis 7.2.6 server.c:processCommand; commands/ping.json lacks the LOADING flag',
    explain: 'A real replica drops the connection and tries again each second until the master has loaded.',
  },
  {
    id: 'masterdown',
    chapter: 'state',
    severity: 'fault',
    seen: "`-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.`",
    means: 'The target is itself a replica, and has lost its own master.',
    fix: "Diagnose that replica's master: `redis-ts handshake` against the master_host and master_port of its `INFO replication`.",
    source: 'redis 7.2.6 server.c:processCommand',
    explain:
      'With replica-serve-stale-data no, a replica without its master refuses nearly every command, PING among them.',
  },
  {
    id: 'misconf',
    chapter: 'state',
    severity: 'fault',
    seen: '`-MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk ...` to PING.',
    means: 'The last BGSAVE of the master failed, so it refuses writes, and PING, too.',
    fix: 'See its log: disk full, wrong permissions of `dir`, no memory to fork. Until then no replica can attach.',
    source: 'redis 7.2.6 server.c:processCommand; RedisShake issue 365',
    explain:
      "stop-writes-on-bgsave-error is on by default. PING is refused in this state on purpose, so that failover tools notice; a replica's handshake begins with PING.",
  },
  {
    id: 'busy',
    chapter: 'state',
    severity: 'fault',
    seen: '`-BUSY Redis is busy running a script ...` to PING.',
    means: 'A script or function has run for longer than busy-reply-threshold.',
    fix: 'Wait, or `SCRIPT KILL` / `FUNCTION KILL` when it has not written yet.',
    source: 'redis 7.2.6 server.c:processCommand',
    explain: 'While it runs, the server answers a handful of commands only; PING is not one of them.',
  },
  {
    id: 'nomasterlink',
    chapter: 'state',
    severity: 'fault',
    seen: "`-NOMASTERLINK Can't SYNC while not connected with my master` to PSYNC.",
    means: 'The target is itself a replica, and its own link is down: it has nothing to hand on.',
    fix: 'Follow its master_host up the chain until a master answers. If two nodes name each other, make one of them a master: `REPLICAOF NO ONE`.',
    source: 'redis 7.2.6 replication.c:syncCommand; bitnami charts issue 8614, redis issue 13427',
    explain:
      'A replica serves sub-replicas only while its own link is up. Two nodes that were each told to follow the other wait for ever; so does a group whose Sentinel or operator lost track of the master.',
  },
  {
    id: 'failing-over',
    chapter: 'state',
    severity: 'fault',
    seen: "`-NOMASTERLINK Can't SYNC while failing over` to PSYNC.",
    means: 'The master hands over to one of its replicas at this moment.',
    fix: 'Wait until `INFO replication` says master_failover_state:no-failover, then attach to the new master; `FAILOVER ABORT` ends it.',
    source: 'redis 7.2.6 replication.c:syncCommand',
    explain:
      'During FAILOVER the master pauses writes and takes no new replicas, so that the target can catch up.',
  },
]);
