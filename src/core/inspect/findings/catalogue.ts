/**
 * Every finding of `inspect`: its id, when it speaks, what it means and what to do. The rules (beside this file) recognise them;
 * `inspect --explain ID` and docs/findings.md are printed from here. The ids are stable: scripts may rely on them. Findings are
 * listed in this order within one severity.
 */

export const CHAPTERS = {
  link: 'The link to a master',
  replicas: 'The replicas',
  history: 'Backlog and history',
  server: 'The server itself',
  watched: 'Sentinel and Redis Cluster',
  topology: 'The whole topology (`--tree`)',
  product: 'Which server this is',
  seen: 'Seen while watching (`--watch`, `--report`)',
} as const;

export type FindingChapter = keyof typeof CHAPTERS;

export interface FindingEntry {
  readonly chapter: FindingChapter;
  /** Severities and the lines between them. */
  readonly when: string;
  readonly means: string;
  readonly act: string;
}

const entry = (chapter: FindingChapter, when: string, means: string, act: string): FindingEntry => ({
  chapter,
  when,
  means,
  act,
});

const ENTRIES = {
  'follows-itself': entry(
    'link',
    "**critical** when the master that a replica names has the replica's own run id.",
    "REPLICAOF names the server's own address: it waits for itself for ever, and serves old data or none.",
    'Give it the real master with REPLICAOF, or make it one with REPLICAOF NO ONE.',
  ),
  'link-down': entry(
    'link',
    '**critical** when the link is down and no full sync is running.',
    'The data of this replica has been growing old since the link broke. Where its master answers, the finding says what will happen when the link is back: a partial resync, or a full one that may replace good data by less.',
    'If nothing listens at the address, see first that it is the right one: promoting a replica beside a master that lives makes two. Else run `redis-ts handshake --no-psync` against the master: it names the step that fails and why, and asks for no full sync. If it passes, the login that the replica uses is wrong or missing: on the replica `CONFIG SET masterauth`, and `masteruser` where the master has ACL users. With `--share-login` inspect looks into ACL LOG of the master, which names refused logins and where they came from.',
  ),
  'sub-replicas-cut-off': entry(
    'link',
    '**critical** when the link is down while the server has replicas of its own.',
    'Only the master at the top of the chain sends pings. Below a broken link nothing arrives, so these replicas drop their links after repl-timeout, though nothing is wrong with them.',
    'Mend the link above. If the topmost master is alive with its data, a sub-replica can be attached to it meanwhile. If it is down, attach nobody to it: one that comes back empty empties its replicas. Promote the replica with the highest offset (REPLICAOF NO ONE) before it does.',
  ),
  'reads-refused': entry(
    'link',
    '**critical** when the link is down and `replica-serve-stale-data` is `no`.',
    'Every command but a few is answered with -MASTERDOWN, PING included, so nothing can attach here either.',
    'Mend the link; or serve old data meanwhile with `CONFIG SET replica-serve-stale-data yes`.',
  ),
  'sync-attempts-failing': entry(
    'link',
    '**warning** when the link is down and the server counts more than 3 attempts in a row (Redis 8).',
    'It reaches the address again and again and each attempt ends in an error.',
    'Run `redis-ts handshake` against its master.',
  ),
  'sync-in-progress': entry(
    'link',
    '*warning* while a full sync is received.',
    'Until it ends, the replica serves its old data, or none, and is no candidate for a failover.',
    'Wait: the progress, the rate and (where the master announces a length) the time left are told.',
  ),
  'sync-stalled': entry(
    'link',
    '*warning* when no byte of the snapshot came for 10 s, **critical** beyond half of `repl-timeout`.',
    'The transfer hangs: a master that swaps, a network that lost the connection, a disk that does not keep up. At repl-timeout it starts again from nothing.',
    'Raise repl-timeout on both sides if the transfer is only slow; else look at the network.',
  ),
  'master-not-answering': entry(
    'link',
    '*warning* when the link is up and the master, asked from here, accepts the connection and answers nothing.',
    'It is stopped, swaps, or runs one long command. Its replicas still believe that the link is up, until repl-timeout.',
    "Look at the master's process; see master-silent for how long the replica has heard nothing.",
  ),
  'master-silent': entry(
    'link',
    '*warning* when the master was not heard for two ping periods, **critical** beyond half of `repl-timeout`.',
    'The master is blocked or cannot be reached; the link is given up at repl-timeout.',
    'Look at the network between the two, and at SLOWLOG GET of the master.',
  ),
  'version-below-master': entry(
    'link',
    '*warning* when the master writes an RDB version that this server cannot load; **critical** while the link is down.',
    'Partial resyncs work, so nobody notices; the next full sync is received whole, refused, and begun again without end.',
    'Upgrade replicas before their master.',
  ),
  'key-count-differs': entry(
    'link',
    "info when a replica at its master's offset holds a different number of keys (more than 1 % and 100 keys).",
    'A replica deletes nothing by itself: expired keys stay until the master deletes them, and are hidden from reads meanwhile. A difference that stays may be writes on the replica.',
    'Compare the contents: `redis-ts inspect MASTER --verify REPLICA`.',
  ),
  'maxmemory-below-master': entry(
    'link',
    "*warning* when a replica's `maxmemory` is below its master's, or below what the master uses, and it does not ignore its own.",
    'As a replica it may evict what the master keeps; promoted, it will.',
    'Give both the same maxmemory, and leave `replica-ignore-maxmemory yes`.',
  ),
  'replica-writable': entry(
    'link',
    '*warning* when `replica-read-only` is `no`.',
    "Its own writes stay there alone: its data drifts from the master's, and nobody is told.",
    '`CONFIG SET replica-read-only yes`; find what already differs with `--verify`.',
  ),
  'chained-replica': entry(
    'link',
    'info when the master is a replica itself.',
    'Data passes through both links: lag adds up, and when the server in between gets another history, this one is disconnected once to learn of it.',
    'If the chain was built on purpose: nothing. `--tree` shows all of it.',
  ),
  'not-promotable': entry(
    'link',
    'info when `replica-priority` is 0 or `replica-announced` is `no`.',
    'Sentinel never promotes it (or does not see it at all).',
    'If it is there for backups or reports: nothing. If it should take over one day: `CONFIG SET replica-priority 100`, and `replica-announced yes`.',
  ),
  'min-replicas-not-met': entry(
    'replicas',
    '**critical** when fewer replicas are good than `min-replicas-to-write`.',
    'Writes are refused with -NOREPLICAS. A replica is good while its last ACK is younger than min-replicas-max-lag; one that loads or is blocked is not.',
    'Bring the replicas back; or lower min-replicas-to-write, or raise min-replicas-max-lag.',
  ),
  'replicas-missing': entry(
    'replicas',
    '**critical** when fewer replicas are attached than `--expect-replicas` says; *warning* while one of them is not online yet.',
    'A server does not know how many replicas it should have: one that is gone is simply no longer in its list. Tools, which announce no port, do not count.',
    'Find the missing one: see whether its process runs, and what its log says. `redis-ts inspect` of it says why its link is down.',
  ),
  'replicas-unexpected': entry(
    'replicas',
    'info when more replicas are attached than `--expect-replicas` says.',
    'A replica was added and the number not raised; or somebody is copying the data.',
    'Look at the addresses under REPLICAS. If all of them should be there, raise the number.',
  ),
  'min-replicas-at-edge': entry(
    'replicas',
    'info when exactly as many replicas are good as `min-replicas-to-write` asks for.',
    'The loss of one stops all writes; so does the restart of one for an upgrade.',
    'Attach one replica more than you require.',
  ),
  'offset-ahead': entry(
    'replicas',
    '**critical** when a replica acknowledges more than the master has written.',
    'It counts bytes twice, or has another history. Its next PSYNC asks for an offset in the future and ends in a full sync.',
    'In a replica of your own: count every byte of the stream after the snapshot once, and nothing before it.',
  ),
  'output-buffer-near-limit': entry(
    'replicas',
    '*warning* from 50 % of the hard limit, or above the soft limit; **critical** from 90 %.',
    'At the limit the master drops the link, the replica asks again, and a full sync of a data set that is written to fills the buffer once more.',
    'Find out why it reads slowly; raise client-output-buffer-limit for replicas, and the backlog.',
  ),
  'output-buffer-growing': entry(
    'replicas',
    '*warning* when, at the growth between the samples, the hard limit is reached within 60 s; **critical** within 10 s.',
    'The replica takes less than the master writes: its link will be dropped then.',
    'Raise the limit now to keep the link, then look for the slow part: its disk, its CPU, the network.',
  ),
  'output-limit-drops': entry(
    'replicas',
    '*warning* when the server dropped clients at an output buffer limit between the samples; info when it did before (Redis 7.4 and later count it).',
    'Of replicas, each drop is at least a partial resync, and during a snapshot a full one.',
    'Raise client-output-buffer-limit for replicas, if they are the ones that are dropped.',
  ),
  'output-limit-below-backlog': entry(
    'replicas',
    'info when the hard limit is above 0 and below `repl-backlog-size`; *warning* before Redis 7.0.9.',
    "A replica that asks for a large part of the backlog gets it into its output buffer at once. Later versions let the backlog's size stand for the limit; earlier ones drop the link right after +CONTINUE, again and again.",
    'Set the limit above the size of the backlog.',
  ),
  'replica-never-acks': entry(
    'replicas',
    '*warning* when a replica that is online has acknowledged nothing for 3 s since it attached.',
    'A tool or a home-made replica that reads the stream without sending REPLCONF ACK. Its link is dropped at repl-timeout, and WAIT never counts it.',
    'Let it send `REPLCONF ACK <offset>` each second.',
  ),
  'ack-old': entry(
    'replicas',
    '*warning* beyond 3 s; **critical** beyond half of `repl-timeout`, or beyond `--max-ack-age`.',
    'A replica is silent: blocked, or not reachable. The lag that INFO shows is this age, not an amount of data.',
    'Look at its process (stopped, swapping), then at its SLOWLOG GET and LATENCY LATEST.',
  ),
  'replica-lagging': entry(
    'replicas',
    '*warning* when more than 64 KB and 5 s (and the age of its ACK) behind; **critical** beyond `--max-lag-bytes`. The seconds are measured while watching (when was the master at that offset), else by the rate; an idle stream gives none.',
    'Reads there are that old, and a failover to it loses that much.',
    'Compare the rate of the stream with its network and its CPU.',
  ),
  'full-sync-loop': entry(
    'replicas',
    '*warning* when a replica that was known before did a full sync between the samples; or when, beyond one for each replica that is there, 5 or more followed a refused partial resync, on average one in 10 minutes. First attaches do not count.',
    'A replica attaches, is dropped and attaches anew: the output buffer limit, a snapshot that takes longer than repl-timeout, or a version that cannot load it. Each costs a fork and the whole data set on the wire.',
    'Raise the output buffer limit to what the stream carries while a snapshot is sent, and the backlog with it.',
  ),
  'snapshot-waits': entry(
    'replicas',
    '*warning* when a replica waits for its snapshot while another child process runs.',
    'Only one child runs at a time: a BGSAVE, or the rewrite of the AOF, must end first. The replica sees empty lines meanwhile.',
    'Wait; attach replicas one after the other, and not while the AOF is rewritten.',
  ),
  'backlog-too-small': entry(
    'history',
    '*warning* when a replica is further behind than the backlog reaches (what was streamed since its last ACK, and a replica that never acknowledged, do not count), or it covers less than 10 s; info below 60 s.',
    'A link that is down for longer means a full sync.',
    'Raise repl-backlog-size to what the stream carries in the longest outage that you want to survive.',
  ),
  'announced-not-peer': entry(
    'replicas',
    '*warning* when a replica announces an address other than the one it connects from.',
    'NAT or a container: Sentinel and clients will look for it where it says it is.',
    'If clients can connect to the announced address, nothing is wrong: `--accept announced-not-peer`. If they cannot, set replica-announce-ip and replica-announce-port on the replica to the address and the port at which they can, and reconnect it (`CLIENT KILL TYPE replica` on the master): a replica announces itself only when it connects.',
  ),
  'duplicate-announced-address': entry(
    'replicas',
    '*warning* when two replicas announce one address.',
    'Sentinel takes them for one, and so does everybody who reads the list.',
    'Give each its own replica-announce-ip or replica-announce-port.',
  ),
  'timeout-too-close-to-ping-period': entry(
    'replicas',
    '*warning* when `repl-timeout` is below three `repl-ping-replica-period`.',
    'On an idle master one late ping is enough to drop a link, so links flap.',
    'Let the timeout be at least three periods, on both sides.',
  ),
  'replica-not-online': entry(
    'replicas',
    'info while a replica waits for its snapshot or is being sent it.',
    'It serves nothing new until its full sync has ended.',
    'Wait, and watch its output buffer.',
  ),
  'replica-without-port': entry(
    'replicas',
    'info when a replica announces no port; *warning* when a Sentinel is connected.',
    'A tool, most likely (redis-cli --replica, a dump, a migration). Sentinel adds it to its list under port 0 and does not forget it; WAIT and min-replicas count it when it sends ACKs.',
    'Attach tools to a replica, not to a master that Sentinel watches. Afterwards: SENTINEL RESET.',
  ),
  'failover-in-progress': entry(
    'replicas',
    'info while a FAILOVER runs.',
    'Writes wait, and replicas cannot attach until it ends (-NOMASTERLINK).',
    'Wait for master_failover_state:no-failover.',
  ),
  'no-replicas': entry(
    'replicas',
    'info when nothing follows a master.',
    'There is no second copy of its data.',
    'Attach a replica, when there should be one.',
  ),
  'backlog-expires': entry(
    'history',
    'info when a master has a backlog and no replica, and `repl-backlog-ttl` is not 0.',
    'When no replica came for that long, the backlog is freed and the replication id changes: a replica that attaches later does a full sync.',
    '`CONFIG SET repl-backlog-ttl 0` keeps it.',
  ),
  'backlog-inactive': entry(
    'history',
    'info when a master has no backlog.',
    'It is made when the first replica attaches, with a new replication id, so that replica does a full sync.',
    'Nothing, before the first replica. Take the id from +FULLRESYNC, never from an earlier INFO.',
  ),
  'partial-sync-refused': entry(
    'history',
    'info when partial resyncs were refused since the server started; *warning* when between the samples.',
    'Each was a full sync. Which reason it was is told from the state of now: the backlog is full (too small for the outage at the rate of the writes, or for the one burst in it), was never full (then the replication id was another one: a restart without a snapshot), does not exist any more (repl-backlog-ttl), or the server was promoted (the replica had read beyond second_repl_offset).',
    'By the reason: raise repl-backlog-size to what the rate needs (the value is given); keep the id over a restart (a snapshot at shutdown); `repl-backlog-ttl 0`. Under `--watch` each replica that comes back is told with its own reason.',
  ),
  promoted: entry(
    'history',
    'info when a master has a second replication id.',
    'It was promoted: replicas of the old master may go on with a partial resync up to that offset. One that was further ahead, if only by a ping, must do a full sync.',
    'If the failover was wanted: nothing. FAILOVER loses no writes; REPLICAOF NO ONE may.',
  ),
  'master-without-persistence': entry(
    'history',
    '*warning* when a master with replicas has neither snapshots nor an AOF.',
    'A master that is restarted comes back empty and with a new replication id, and its replicas then copy the emptiness.',
    'Switch on one of them, or keep the master from being restarted automatically.',
  ),
  loading: entry(
    'server',
    '**critical** while the server loads its data set.',
    'Commands are answered with -LOADING, PING and PSYNC included.',
    'Wait: INFO persistence tells how long.',
  ),
  'snapshot-failed': entry(
    'server',
    '*warning* when the last BGSAVE failed, **critical** when writes are refused for it.',
    'A full sync needs the same fork and, with repl-diskless-sync off, the same disk: the next replica will fail to attach. With stop-writes-on-bgsave-error and a save schedule, writes and even PING get -MISCONF.',
    'Look at the log for the cause (disk full, rights of `dir`, memory for the fork: vm.overcommit_memory), then BGSAVE.',
  ),
  'aof-write-failed': entry(
    'server',
    '**critical** when the last write to the AOF failed.',
    'Writes are refused with -MISCONF until the disk takes them again.',
    'Free space on the disk; see the log.',
  ),
  'slow-fork': entry(
    'server',
    '*warning* when the last fork took more than 500 ms.',
    'The server stands still that long at each full sync, BGSAVE and AOF rewrite.',
    'Use smaller instances, avoid full syncs, switch transparent huge pages off; in a virtual machine, use one whose hardware virtualises page tables (EPT, NPT).',
  ),
  'near-maxclients': entry(
    'server',
    '*warning* from 90 % of `maxclients`, **critical** from 98 %.',
    'At the limit a replica is turned away like any other client: "max number of clients reached".',
    'Find the client that leaks connections (CLIENT LIST), or raise maxclients.',
  ),
  'memory-full': entry(
    'server',
    '*warning* from 95 % of `maxmemory` with the policy noeviction, **critical** at 100 %.',
    'Writes are refused with -OOM.',
    'Raise maxmemory or free memory; a policy that evicts if this is a cache.',
  ),
  'replication-memory': entry(
    'server',
    '*warning* when the output buffers of replicas and the backlog use more than a quarter of `maxmemory`.',
    'That memory is counted beside the data: the machine needs room for both.',
    'See which replica is slow; size maxmemory with the backlog and the output buffer limits in mind.',
  ),
  'sentinel-watches': entry(
    'watched',
    'info when Sentinels are connected.',
    'They list everything that attaches as a replica.',
    'Attach tools to a replica, not here.',
  ),
  'sentinel-master-down': entry(
    'watched',
    '**critical** when the Sentinel that was asked thinks that the master is down (s_down, o_down).',
    'It cannot reach the master from where it runs, or a failover has begun.',
    'Look at the network between the Sentinel and the master.',
  ),
  'sentinel-quorum': entry(
    'watched',
    '**critical** when the Sentinels cannot reach their quorum or the majority.',
    'No failover can happen.',
    'Bring the missing Sentinels back; SENTINEL CKQUORUM tells how many are usable.',
  ),
  'sentinel-replica-down': entry(
    'watched',
    '*warning* when the Sentinel cannot reach a replica that the master lists.',
    'It is no candidate for a failover. Often it announces an address that only the master can reach.',
    "Check replica-announce-ip and replica-announce-port from the Sentinel's machine.",
  ),
  'sentinel-phantom-replica': entry(
    'watched',
    '*warning* when the Sentinel lists a replica that the master does not.',
    'A tool that was attached once, or a replica that is gone: a Sentinel never forgets one by itself.',
    'SENTINEL RESET on every Sentinel, one after the other, while all real replicas are attached.',
  ),
  'cluster-down': entry(
    'watched',
    '**critical** when `cluster_state` is not `ok`.',
    'The node answers -CLUSTERDOWN.',
    'See which slots or nodes are missing; `redis-cli --cluster check`.',
  ),
  'cluster-slots-missing': entry(
    'watched',
    '**critical** when not all 16384 slots are assigned.',
    'Keys in them cannot be read or written.',
    '`redis-cli --cluster fix`.',
  ),
  'cluster-node-failed': entry(
    'watched',
    '**critical** when a master with slots has failed, *warning* for any other node, or when only this node thinks so.',
    'The shard is without that copy; without a master until a replica takes over.',
    'Bring the node back, or let the cluster forget it.',
  ),
  'cluster-shard-without-replica': entry(
    'watched',
    '*warning* when a master with slots has no replica that is alive.',
    'Its loss takes its slots with it.',
    'Add a replica to it.',
  ),
  'replication-ring': entry(
    'topology',
    '**critical** when the masters of a server lead back to it (a ring of two is seen without `--tree`).',
    'None of them has a real master: all wait for each other (-NOMASTERLINK), and nothing can be written.',
    'Make one of them the master with REPLICAOF NO ONE: the one with the highest offset.',
  ),
  'mixed-replication-ids': entry(
    'topology',
    '*warning* when a replica whose link is up has another replication id than its master.',
    'Its history is another one; its offsets cannot be compared, and a failover to it makes everybody else do a full sync.',
    'Wait for its sync to end; if it stays so, attach it anew.',
  ),
  'rdb-unreadable': entry(
    'topology',
    '*warning* when a server cannot load the snapshots that its master writes.',
    'Its next full sync fails after the whole transfer, and is begun again, without end.',
    'Upgrade replicas before their master.',
  ),
  'follows-another': entry(
    'topology',
    '*warning* when a server that is listed as a replica says that it follows another master, or none.',
    'The list is older than the truth, or two replicas share an address.',
    'Look again; if it stays so, see duplicate-announced-address.',
  ),
  'node-unreachable': entry(
    'topology',
    '*warning* when a server that another one names cannot be asked from here.',
    'What lies below it is not seen. Others may have the same trouble: Sentinel and clients use these addresses, too.',
    'By the reason that is given: a login (REDISCLI_AUTH or `--pass`, with `--share-login`), a master that is down, or, for a replica, replica-announce-ip.',
  ),
  'several-masters': entry(
    'product',
    'info when a server follows several masters at once (KeyDB).',
    'Each link has its own offset; writes of one master may overwrite those of another, the last one by time wins.',
    'If several masters were configured on purpose: nothing.',
  ),
  'keydb-active-replica': entry(
    'product',
    'info when the role is active-replica (KeyDB).',
    'It takes writes and sends RREPLAY in its stream, which only KeyDB can apply: a Redis replica cannot follow it.',
    'Let Redis replicas follow a KeyDB server with active-replica off.',
  ),
  'dragonfly-limits': entry(
    'product',
    'info when Dragonfly answers.',
    'It replicates with a protocol of its own, one connection per shard: Redis replicas cannot follow it, it can follow Redis. There is no backlog of the known kind and no replication id to compare; lag is in its own unit.',
    'To leave Dragonfly, copy with SCAN and DUMP, or load its RDB snapshot.',
  ),
  'own-replication': entry(
    'product',
    'info when a server answers that replicates in its own way (Kvrocks, Pika, Garnet).',
    'PSYNC is refused or answered with an empty snapshot; what the INFO fields mean is theirs to say.',
    "Use the vendor's tool.",
  ),
  'managed-service': entry(
    'product',
    'info when CONFIG or CLIENT is not refused by ACL but unknown or disallowed.',
    'A managed service (or renamed commands). Such services refuse PSYNC, too: nothing outside can attach as a replica.',
    "Use the provider's own replication, migration or export.",
  ),
  'server-restarted': entry(
    'seen',
    '*warning* for 10 minutes after the run id changed; **critical** when it came back without keys and had some.',
    'What was not on disk is lost. With another replication id every replica does a full sync, and copies what the server has now, which may be nothing.',
    'See its log for why. If it came back empty: cut off a replica that still has the data (REPLICAOF NO ONE there) before it attaches again.',
  ),
  'role-changed': entry(
    'seen',
    '*warning* for 10 minutes after a master became a replica, or a replica a master.',
    'A failover, by Sentinel, a cluster or a person. Writes that the old master took last may be lost.',
    'See who did it (the log, Sentinel), and that clients follow. Watch the new master.',
  ),
  'replica-gone': entry(
    'seen',
    '*warning* when a replica that was there is not attached any more, until it is back. Tools, which announce no port, do not count.',
    'Its data grows old from there on. How long the backlog will let it go on where it stopped is told; later it must do a full sync.',
    'Look at its process and its log, then `redis-ts inspect` of it. Was it taken away on purpose: `--accept replica-gone`.',
  ),
  'replica-resynced': entry(
    'seen',
    '*warning* for 10 minutes after a replica came back and had to do a full sync.',
    'It could not go on where it had stopped. Why is told from its last offset, the backlog and the replication ids: the backlog did not reach back that far, or the histories differ.',
    'By the reason: raise repl-backlog-size to what is written in such an outage (the value is given); or see why the server has another history.',
  ),
  'history-changed': entry(
    'seen',
    '*warning* for 10 minutes after the replication id changed without a restart, and the old one was not kept as the second.',
    'A replica did a full sync from another history, or a master freed its backlog (repl-backlog-ttl). Replicas that have the old id do a full sync.',
    'Nothing, after a failover. On a master without replicas: `CONFIG SET repl-backlog-ttl 0` keeps the id.',
  ),
} satisfies Readonly<Record<string, FindingEntry>>;

export type FindingId = keyof typeof ENTRIES;

export const CATALOGUE: Readonly<Record<FindingId, FindingEntry>> = ENTRIES;

/** Every id, in the order in which findings are listed within one severity. */
export const FINDING_IDS = Object.keys(ENTRIES) as readonly FindingId[];
