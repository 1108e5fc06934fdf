/** Faults of login and rights. */
import { entries } from '../entry.js';

export const LOGIN = entries([
  {
    id: 'noauth',
    chapter: 'login',
    severity: 'fault',
    seen: '`-NOAUTH Authentication required.` to PSYNC (a real replica passes over it at PING and REPLCONF); with --no-psync to what was sent last.',
    means: 'The server wants a password and none was given.',
    fix: 'Give --pass (and --user), or REDISCLI_AUTH. On a real replica: `masterauth`, and `masteruser` with ACLs.',
    source: 'redis 7.2.6 server.c:processCommand; bitnami-docker-redis issue 228, KeyDB issue 26',
    modes: [13],
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
    modes: [14],
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
    modes: [15],
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
    modes: [],
    explain: "Any error to AUTH ends a replica's attempt, whatever its text.",
  },
  {
    id: 'noperm-ping',
    chapter: 'login',
    severity: 'warning',
    seen: "`-NOPERM ... no permissions to run the 'ping' command` to the PING before AUTH; AUTH and the rest go through.",
    means: 'The default user may not PING, and a replica begins with PING before it logs in.',
    fix: 'Upgrade the replicas to 6.2 or later, or allow it: `ACL SETUSER default +ping`.',
    source: 'redis pull request 7538; KeyDB issue 273; redis 7.2.6 replication.c:syncWithMaster',
    modes: [16],
    explain:
      'The handshake sends PING first, as the default user. Since Redis 6.2 a replica takes NOPERM there as a sign of life and goes on to AUTH; older replicas and those of KeyDB take it for the end.',
  },
  {
    id: 'noperm-replconf',
    chapter: 'login',
    severity: 'warning',
    seen: "`-NOPERM ... no permissions to run the 'replconf' command`; PSYNC goes through.",
    means: 'The user may PSYNC but not introduce itself.',
    fix: 'Allow it: `ACL SETUSER name +psync +replconf +ping`.',
    source: 'redis 7.2.6 acl.c:getAclErrorMessage, replication.c:syncWithMaster ("Non critical")',
    modes: [17],
    explain:
      'A replica passes over errors to REPLCONF. But the master then lists it with port 0, sends it neither the EOF form nor ids with +CONTINUE, and drops it after repl-timeout, because REPLCONF ACK is refused, too.',
  },
  {
    id: 'noperm-psync',
    chapter: 'login',
    severity: 'fault',
    seen: "`-NOPERM User ... has no permissions to run the 'psync' command` (or ping, replconf, sync).",
    means: 'The ACL of this user does not allow replication.',
    fix: "Minimal rule for a replica's user: `ACL SETUSER name on >password +psync +replconf +ping`. For `inspect` add `+info +role`.",
    source: 'redis issues 7180 and 6985; redis 7.2.6 acl.c:getAclErrorMessage',
    modes: [17],
    explain:
      'PSYNC, SYNC and REPLCONF are in the categories @admin, @slow, @dangerous: a user made with `-@dangerous` or `-@admin` loses them. A replica takes the error to PSYNC for a master that knows no PSYNC and tries SYNC, which fails the same way.',
  },
]);
