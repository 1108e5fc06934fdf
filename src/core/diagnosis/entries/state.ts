/** States in which a master takes no replica. */
import { entries } from '../entry.js';

export const STATE = entries([
  {
    id: 'loading',
    chapter: 'state',
    severity: 'fault',
    seen: '`-LOADING Redis is loading the dataset in memory` to PING or PSYNC; REPLCONF is answered.',
    means: 'The server reads its data set from disk (or is a replica that loads a snapshot).',
    fix: 'Wait. `INFO persistence` works meanwhile: loading_eta_seconds tells how long.',
    source: 'redis 7.2.6 server.c:processCommand; commands/ping.json lacks the LOADING flag',
    modes: [18],
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
    modes: [19],
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
    modes: [20],
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
    modes: [21],
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
    modes: [32],
    explain:
      'A replica serves sub-replicas only while its own link is up. Two nodes that were each told to follow the other wait for ever; so does a group whose Sentinel or operator lost track of the master.',
  },
  {
    id: 'replica-of-itself',
    chapter: 'state',
    severity: 'fault',
    seen: '`-NOMASTERLINK` or `-MASTERDOWN`; the master_host and master_port of its INFO lead to the same run_id.',
    means: 'The target was told to follow itself.',
    fix: 'Make it a master, `REPLICAOF NO ONE`, or give it the address of the real one. Look for a service name or a virtual address that now points at this node.',
    source: 'redis issues 11918 and 12001; redis 7.2.6 replication.c:syncCommand',
    modes: [100],
    explain:
      'REPLICAOF with a name behind which the node itself stands is accepted: the node then asks itself to sync, and refuses because its own link is down. Rolling restarts behind one service name do this.',
  },
  {
    id: 'replication-ring',
    chapter: 'state',
    severity: 'fault',
    seen: '`-NOMASTERLINK` or `-MASTERDOWN`; following master_host from node to node leads back to one seen before.',
    means: 'Every node of the group is a replica of another: nobody is the master.',
    fix: 'Choose the node with the highest master_repl_offset and make it the master: `REPLICAOF NO ONE`. Then point the others at it.',
    source: 'bitnami charts issue 8614; redis issues 13427 and 6542; redis 7.2.6 replication.c:syncCommand',
    modes: [32, 100],
    explain:
      'Each waits for the other to have a link first. It comes from two operators or Sentinels that promoted different nodes, or from pods that restarted with an old configuration.',
  },
  {
    id: 'failing-over',
    chapter: 'state',
    severity: 'fault',
    seen: "`-NOMASTERLINK Can't SYNC while failing over` to PSYNC.",
    means: 'The master hands over to one of its replicas at this moment.',
    fix: 'Wait until `INFO replication` says master_failover_state:no-failover, then attach to the new master; `FAILOVER ABORT` ends it.',
    source: 'redis 7.2.6 replication.c:syncCommand',
    modes: [33],
    explain:
      'During FAILOVER the master pauses writes and takes no new replicas, so that the target can catch up.',
  },
]);
